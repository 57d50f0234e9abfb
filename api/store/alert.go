package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"
	"unicode/utf8"

	"threatbench/api"
)

// defaultNotification is how the platform calls its own notices.
const (
	defaultNotification = "ans"
	maxNotificationType = 64
)

const alertColumns = "id, query, email, enabled, frequency, type, reason, sent, created, updated"

func scanAlert(r interface{ Scan(...any) error }, account string) (a api.Alert, err error) {
	var sent sql.NullInt64
	var created, updated int64
	err = r.Scan(&a.ID, &a.QueryID, &a.UserEmail, &a.Enabled, &a.Frequency, &a.NotificationType, &a.DisabledReason, &sent, &created, &updated)
	if sent.Valid {
		t := timeOf(sent.Int64)
		a.LastSentAt = &t
	}
	a.AccountID, a.CreatedAt, a.UpdatedAt = accountNumber(account), timeOf(created), timeOf(updated)
	return a, err
}

// Alerts lists an account's alerts by id.
func (d *DB) Alerts(ctx context.Context, account string) ([]api.Alert, error) {
	out := []api.Alert{}
	err := d.readMeta(ctx, account, func(s *session, id int64) error {
		return s.each(ctx, "SELECT "+alertColumns+" FROM alert WHERE account = ? ORDER BY id", []any{id}, func(r *sql.Rows) error {
			a, err := scanAlert(r, account)
			out = append(out, a)
			return err
		})
	})
	if err != nil {
		return nil, fmt.Errorf("reading the alerts: %w", err)
	}
	return out, nil
}

// Alert reads one; a 404 *api.Error where there is none.
func (d *DB) Alert(ctx context.Context, account string, id int64) (a api.Alert, err error) {
	err = d.readMeta(ctx, account, func(s *session, number int64) error {
		a, err = s.alert(ctx, number, account, id)
		return err
	})
	return a, err
}

func (s *session) alert(ctx context.Context, account int64, name string, id int64) (api.Alert, error) {
	a, err := scanAlert(s.queryRow(ctx, "SELECT "+alertColumns+" FROM alert WHERE account = ? AND id = ?", account, id), name)
	if errors.Is(err, sql.ErrNoRows) {
		return a, api.Errorf(http.StatusNotFound, "no alert %d", id)
	}
	if err != nil {
		return a, fmt.Errorf("reading an alert: %w", err)
	}
	return a, nil
}

func frequencyOf(q api.SavedQuery) string {
	if q.AlertRollupEnabled {
		return api.Daily
	}
	return api.Immediate
}

func checkAlert(a api.Alert) error {
	if a.Frequency != api.Immediate && a.Frequency != api.Daily {
		return api.Errorf(http.StatusBadRequest, "frequency: want %s or %s, got %q", api.Immediate, api.Daily, short(a.Frequency))
	}
	if n := utf8.RuneCountInString(a.NotificationType); n < 1 || n > maxNotificationType {
		return api.Errorf(http.StatusBadRequest, "notification_type: want 1..%d characters, got %d", maxNotificationType, n)
	}
	return nil
}

// implyAlert gives a query whose alerts are on its first alert.
func (n *metaTx) implyAlert(q api.SavedQuery) error {
	if !q.AlertEnabled {
		return nil
	}
	var has bool
	if err := n.s.queryRow(n.ctx, "SELECT EXISTS (SELECT 1 FROM alert WHERE query = ?)", q.ID).Scan(&has); err != nil || has {
		return err
	}
	_, err := n.insertAlert(api.Alert{QueryID: q.ID, UserEmail: q.UserEmail, Enabled: true, Frequency: frequencyOf(q), NotificationType: defaultNotification}, true)
	return err
}

func (n *metaTx) insertAlert(a api.Alert, implied bool) (int64, error) {
	if err := n.room("alert", "alerts", MaxAlerts); err != nil {
		return 0, err
	}
	id, err := n.s.insert(n.ctx, `INSERT INTO alert (account, query, email, enabled, frequency, type, reason, implied, seen, created, updated)
		SELECT ?, ?, ?, ?, ?, ?, '', ?, next_id - 1, ?, ? FROM state`,
		n.account, a.QueryID, a.UserEmail, a.Enabled, a.Frequency, a.NotificationType, implied, n.now, n.now)
	if err != nil {
		return 0, fmt.Errorf("making an alert: %w", err)
	}
	return id, nil
}

// CreateAlert makes an alert for a saved query (404 *api.Error where there is
// none), whose alerts it switches on. It takes the place of the one that the
// query's own switch made. It tells of events that come after it.
func (d *DB) CreateAlert(ctx context.Context, account string, a api.Alert) (made api.Alert, err error) {
	err = d.metaTx(ctx, account, func(n *metaTx) error {
		q, err := n.s.savedQuery(ctx, n.account, account, a.QueryID)
		if err != nil {
			return err
		}
		if a.Frequency == "" {
			a.Frequency = frequencyOf(q)
		}
		if a.NotificationType == "" {
			a.NotificationType = defaultNotification
		}
		if err := checkAlert(a); err != nil {
			return err
		}
		if _, err := n.s.exec(ctx, "DELETE FROM alert WHERE query = ? AND implied = 1", q.ID); err != nil {
			return fmt.Errorf("making an alert: %w", err)
		}
		id, err := n.insertAlert(a, false)
		if err != nil {
			return err
		}
		if a.Enabled && !q.AlertEnabled {
			q2 := q
			q2.AlertEnabled = true
			if _, err := n.s.exec(ctx, "UPDATE saved_query SET alerts = 1, updated = ? WHERE id = ?", n.now, q.ID); err != nil {
				return fmt.Errorf("switching a query's alerts on: %w", err)
			}
			if err := n.followQuery(q, q2); err != nil {
				return err
			}
		}
		made, err = n.s.alert(ctx, n.account, account, id)
		return err
	})
	return made, err
}

// UpdateAlert lets alter change an alert and keeps what it made of it. One
// that is switched on tells of events that come after that, and is rid of the
// reason that had switched it off.
func (d *DB) UpdateAlert(ctx context.Context, account string, id int64, alter func(*api.Alert) error) (now api.Alert, err error) {
	err = d.metaTx(ctx, account, func(n *metaTx) error {
		before, err := n.s.alert(ctx, n.account, account, id)
		if err != nil {
			return err
		}
		a := before
		if err := alter(&a); err != nil {
			return err
		}
		if err := checkAlert(a); err != nil {
			return err
		}
		_, err = n.s.exec(ctx, "UPDATE alert SET enabled = ?, frequency = ?, type = ?, implied = 0, updated = ? WHERE id = ?",
			a.Enabled, a.Frequency, a.NotificationType, n.now, id)
		if err != nil {
			return fmt.Errorf("changing an alert: %w", err)
		}
		if a.Enabled && !before.Enabled {
			if _, err := n.s.exec(ctx, "UPDATE alert SET reason = '', seen = (SELECT next_id - 1 FROM state) WHERE id = ?", id); err != nil {
				return fmt.Errorf("switching an alert on: %w", err)
			}
		}
		now, err = n.s.alert(ctx, n.account, account, id)
		return err
	})
	return now, err
}

// DeleteAlert forgets an alert; what it told stays in the inbox. An error of
// allow, which is asked about how it is by then, leaves it as it is.
func (d *DB) DeleteAlert(ctx context.Context, account string, id int64, allow func(*api.Alert) error) error {
	return d.metaTx(ctx, account, func(n *metaTx) error {
		a, err := n.s.alert(ctx, n.account, account, id)
		if err == nil {
			err = allow(&a)
		}
		if err != nil {
			return err
		}
		if _, err := n.s.exec(ctx, "DELETE FROM alert WHERE id = ?", id); err != nil {
			return fmt.Errorf("deleting an alert: %w", err)
		}
		return nil
	})
}

// AlertAccounts lists the accounts that have an alert switched on.
func (d *DB) AlertAccounts(ctx context.Context) ([]string, error) {
	var out []string
	err := d.lend(ctx, func(s *session) error {
		return s.each(ctx, "SELECT DISTINCT a.name FROM alert JOIN account a ON a.id = alert.account WHERE enabled = 1 ORDER BY 1", nil, func(r *sql.Rows) error {
			var name string
			err := r.Scan(&name)
			out = append(out, name)
			return err
		})
	})
	if err != nil {
		return nil, fmt.Errorf("listing the accounts with alerts: %w", err)
	}
	return out, nil
}

// AlertSeen is the last event an alert was asked about.
func (d *DB) AlertSeen(ctx context.Context, account string, id int64) (seen int64, err error) {
	err = d.readMeta(ctx, account, func(s *session, number int64) error {
		err := s.queryRow(ctx, "SELECT seen FROM alert WHERE account = ? AND id = ?", number, id).Scan(&seen)
		if errors.Is(err, sql.ErrNoRows) {
			return api.Errorf(http.StatusNotFound, "no alert %d", id)
		}
		return err
	})
	return seen, err
}

// Arrival is what came in since an event: how many match a filter, the newest
// of them, newest first, and the last event there is, matching or not. Events
// are numbered in the order they were committed.
type Arrival struct {
	Count  int
	Newest []string // UUIDs
	Last   int64
}

// Arrived counts the events past a number that match a filter, and names at
// most most of them. Only what is new is looked at, however much there is.
func (d *DB) Arrived(ctx context.Context, account string, q api.ListQuery, after int64, most int) (Arrival, error) {
	plain := api.ListQuery{Search: q.Search, Branches: q.Branches, Datasets: q.Datasets}
	if err := plain.Validate(); err != nil {
		return Arrival{}, err
	}
	v, err := d.readTx(ctx)
	if err != nil {
		return Arrival{}, err
	}
	defer v.close()
	a := Arrival{Last: v.snap.next - 1}
	sc, err := v.scope(ctx, account, plain.Datasets)
	if err != nil {
		return a, err
	}
	if err := refuseAnalyticsBranches(sc, plain); err != nil || a.Last <= after {
		return a, err
	}
	return a, v.arrived(ctx, compile(v, sc.account, sc.datasets, plain), &a, after, most)
}

func (v *readTx) arrived(ctx context.Context, f *filter, a *Arrival, after int64, most int) error {
	first, _ := v.snap.segment.of(after + 1)
	blocks := v.snap.blocks[min(first, len(v.snap.blocks)):]
	if err := f.prepare(ctx, v, blocks); err != nil {
		return err
	}
	for _, b := range slices.Backward(blocks) {
		h, err := f.hit(ctx, v, b)
		if err != nil {
			return err
		}
		if h.count == 0 {
			continue
		}
		keys, err := v.uuids(ctx, b)
		if err != nil {
			return err
		}
		var places []int
		h.bits.each(func(i int) {
			if b.id(i) > after {
				places = append(places, i)
			}
		})
		a.Count += len(places)
		for _, i := range slices.Backward(places) {
			if len(a.Newest) < most {
				a.Newest = append(a.Newest, uuidText(keys[16*i:16*i+16]))
			}
		}
	}
	return nil
}

// AlertSpan is a stretch of events that an alert was asked about: those past
// From, up to To.
type AlertSpan struct {
	Alert    int64
	From, To int64
}

// PassAlerts notes that nothing in the spans matched.
func (d *DB) PassAlerts(ctx context.Context, account string, spans []AlertSpan) error {
	return d.metaTx(ctx, account, func(n *metaTx) error {
		for _, s := range spans {
			if _, err := n.s.exec(ctx, "UPDATE alert SET seen = ? WHERE account = ? AND id = ? AND seen = ?", s.To, n.account, s.Alert, s.From); err != nil {
				return fmt.Errorf("noting what an alert has seen: %w", err)
			}
		}
		return nil
	})
}

// FireAlert puts a notification into the inbox and moves its alert past the
// span. False where another process was faster, or the alert is switched off.
func (d *DB) FireAlert(ctx context.Context, account string, in api.Notification, span AlertSpan) (out api.Notification, fired bool, err error) {
	err = d.metaTx(ctx, account, func(n *metaTx) error {
		res, err := n.s.exec(ctx, "UPDATE alert SET seen = ?, sent = ? WHERE account = ? AND id = ? AND seen = ? AND enabled = 1",
			span.To, in.At.UnixMilli(), n.account, span.Alert, span.From)
		if err != nil {
			return fmt.Errorf("firing an alert: %w", err)
		}
		moved, err := res.RowsAffected()
		if err != nil || moved == 0 {
			return err
		}
		in.ID, err = n.insertNotification(in, false)
		fired = err == nil
		return err
	})
	return in, fired, err
}

// DisableAlert switches an alert off and says why.
func (d *DB) DisableAlert(ctx context.Context, account string, id int64, reason string) error {
	return d.metaTx(ctx, account, func(n *metaTx) error {
		_, err := n.s.exec(ctx, "UPDATE alert SET enabled = 0, reason = ?, updated = ? WHERE account = ? AND id = ?", reason, n.now, n.account, id)
		if err != nil {
			return fmt.Errorf("switching an alert off: %w", err)
		}
		return nil
	})
}

// TestAlert tells what an alert on a query would have told of the days before
// now: the events that match and came in since, the newest most of them, and
// how often it would have fired.
func (d *DB) TestAlert(ctx context.Context, account string, q api.ListQuery, days, most int) (api.AlertTest, error) {
	plain := api.ListQuery{Search: q.Search, Branches: q.Branches, Datasets: q.Datasets}
	s, err := d.Select(ctx, account, plain)
	if err != nil {
		return api.AlertTest{}, err
	}
	defer s.Close()
	since := d.opts.Now().Add(-time.Duration(days) * 24 * time.Hour).UnixMilli()
	out := api.AlertTest{Days: days, EventIDs: []string{}}
	ofDay, ofSecond := map[int64]bool{}, map[int64]bool{}
	for _, h := range slices.Backward(s.hits) {
		if h.count == 0 || h.block.meta.created[1] < since {
			continue
		}
		if err := s.testBlock(ctx, h, since, most, &out, ofDay, ofSecond); err != nil {
			return out, err
		}
	}
	out.Daily, out.Immediate = len(ofDay), len(ofSecond)
	return out, nil
}

// testBlock counts what one block adds to an alert's test. Alerts that fire at
// once take together what came within a second.
func (s *Selection) testBlock(ctx context.Context, h hit, since int64, most int, out *api.AlertTest, ofDay, ofSecond map[int64]bool) error {
	created, err := s.v.ints(ctx, h.block, colCreated)
	if err != nil {
		return err
	}
	keys, err := s.v.uuids(ctx, h.block)
	if err != nil {
		return err
	}
	for i := created.n - 1; i >= 0; i-- {
		at := created.at(i)
		if at < since || !h.bits.has(i) {
			continue
		}
		out.Count++
		ofDay[at/dayMillis], ofSecond[at/1000] = true, true
		if len(out.EventIDs) < most {
			out.EventIDs = append(out.EventIDs, uuidText(keys[16*i:16*i+16]))
		}
	}
	return nil
}
