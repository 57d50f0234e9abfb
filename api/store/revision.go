package store

import (
	"context"
	"crypto/hmac"
	"database/sql"
	"encoding/hex"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"threatbench/api"
)

// revertWindow is how far back a dataset can go.
const revertWindow = 30 * 24 * time.Hour

// revision is a point in a dataset's journal: what came up to it stays, what
// came after it is taken back.
type revision struct {
	change int64 // the last change that stays, as state.change counts
	at     int64 // ms
}

// bookmark names the state right after a change, so that nobody can make one
// up.
func (d *DB) bookmark(account, dataset string, change int64) string {
	return fmt.Sprintf("%x-%s", change, hex.EncodeToString(d.bookmarkSeal(account, dataset, change)))
}

func (d *DB) bookmarkSeal(account, dataset string, change int64) []byte {
	return d.signature(fmt.Appendf(nil, "bookmark\x00%s\x00%s\x00%d", account, dataset, change))[:8]
}

func (d *DB) openBookmark(account, dataset, s string) (int64, error) {
	bad := api.Errorf(http.StatusBadRequest, "bookmark: want one of this dataset's, unaltered, got %q", short(s))
	number, seal, _ := strings.Cut(s, "-")
	change, err := strconv.ParseInt(number, 16, 64)
	if err != nil {
		return 0, bad
	}
	given, err := hex.DecodeString(seal)
	if err != nil || !hmac.Equal(given, d.bookmarkSeal(account, dataset, change)) {
		return 0, bad
	}
	return change, nil
}

// revision resolves where a revert goes to; now is in ms.
func (v *readTx) revision(ctx context.Context, account string, number int64, ds datasetRow, r api.Revert, now int64) (revision, error) {
	if err := oneWay(r); err != nil {
		return revision{}, err
	}
	earliest, err := v.earliest(ctx, ds, now)
	if err != nil {
		return revision{}, err
	}
	if r.Bookmark != "" {
		return v.bookmarked(ctx, account, number, ds, r.Bookmark, earliest)
	}
	m := revision{at: now}
	key, got := "targetTimestamp", r.TargetTimestamp
	if r.MinutesAgo != nil {
		key, got = "minutesAgo", strconv.FormatFloat(*r.MinutesAgo, 'f', -1, 64)
		if !(*r.MinutesAgo >= 0 && *r.MinutesAgo <= revertWindow.Minutes()) {
			return m, api.Errorf(http.StatusBadRequest, "minutesAgo: want 0..%d, and a moment from %s on, got %s", int(revertWindow/time.Minute), timeOf(earliest), got)
		}
		m.at -= int64(math.Round(*r.MinutesAgo * float64(time.Minute.Milliseconds())))
	} else {
		t, err := api.ParseTime(r.TargetTimestamp)
		if err != nil || t.UnixMilli() > now {
			return m, api.Errorf(http.StatusBadRequest, "targetTimestamp: want a moment from %s until now, got %q", timeOf(earliest), short(got))
		}
		m.at = t.UnixMilli()
	}
	if m.at < earliest {
		return m, api.Errorf(http.StatusBadRequest, "%s: want a moment from %s on, the earliest this dataset can go back to, got %q", key, timeOf(earliest), short(got))
	}
	err = v.s.queryRow(ctx, "SELECT coalesce(max(seq), 0) FROM change WHERE account = ? AND dataset = ? AND at <= ?", number, ds.id, m.at).Scan(&m.change)
	if err != nil {
		return m, fmt.Errorf("reading the journal: %w", err)
	}
	return m, nil
}

// oneWay checks that a revert names its moment in exactly one way.
func oneWay(r api.Revert) error {
	n := 0
	for _, given := range [...]bool{r.MinutesAgo != nil, r.TargetTimestamp != "", r.Bookmark != ""} {
		if given {
			n++
		}
	}
	if n != 1 {
		return api.Errorf(http.StatusBadRequest, "minutesAgo, targetTimestamp, bookmark: want exactly one, got %d", n)
	}
	return nil
}

// earliest is the first moment a dataset can go back to: the window's, the one
// it was made at, or the one from which the journal is complete.
func (v *readTx) earliest(ctx context.Context, ds datasetRow, now int64) (int64, error) {
	var from int64
	if err := v.s.queryRow(ctx, "SELECT journal_from FROM state").Scan(&from); err != nil {
		return 0, fmt.Errorf("reading the database's state: %w", err)
	}
	return max(now-revertWindow.Milliseconds(), ds.created, from), nil
}

// bookmarked is the moment of a bookmark, unless changes since then are too
// old to be taken back.
func (v *readTx) bookmarked(ctx context.Context, account string, number int64, ds datasetRow, bookmark string, earliest int64) (revision, error) {
	m := revision{at: ds.created}
	var err error
	if m.change, err = v.d.openBookmark(account, ds.UUID, bookmark); err != nil {
		return m, err
	}
	var last, next sql.NullInt64
	err = v.s.queryRow(ctx, `SELECT (SELECT max(at) FROM change WHERE account = ?1 AND dataset = ?2 AND seq <= ?3),
		(SELECT min(at) FROM change WHERE account = ?1 AND dataset = ?2 AND seq > ?3)`, number, ds.id, m.change).Scan(&last, &next)
	if err != nil {
		return m, fmt.Errorf("reading the journal: %w", err)
	}
	if next.Valid && next.Int64 < earliest {
		return m, api.Errorf(http.StatusBadRequest, "bookmark: want a moment from %s on, the earliest this dataset can go back to", timeOf(earliest))
	}
	if last.Valid {
		m.at = last.Int64
	}
	return m, nil
}

// readUndo reads what a dataset's changes after a moment overwrote.
func (v *readTx) readUndo(ctx context.Context, account int64, dataset uint32, m revision) (*undoReader, error) {
	type span struct{ id, first, last int64 }
	var spans []span
	err := v.s.each(ctx, "SELECT id, first_id, last_id FROM change WHERE account = ? AND dataset = ? AND seq > ? ORDER BY id",
		[]any{account, dataset, m.change}, func(r *sql.Rows) error {
			var s span
			err := r.Scan(&s.id, &s.first, &s.last)
			spans = append(spans, s)
			return err
		})
	p := newUndoReader()
	for _, s := range spans {
		if err != nil {
			break
		}
		if s.first != 0 {
			p.made.add(s.first, s.last)
		}
		err = v.s.each(ctx, "SELECT data FROM undo WHERE id >= ? AND id < ? ORDER BY id", []any{s.id << undoPartBits, (s.id + 1) << undoPartBits}, func(r *sql.Rows) error {
			var packed sql.RawBytes
			if err := r.Scan(&packed); err != nil {
				return err
			}
			return p.read(packed)
		})
	}
	if err != nil {
		return nil, fmt.Errorf("reading the journal: %w", err)
	}
	return p, nil
}
