package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"unicode/utf8"

	"threatbench/api"
)

// Limits of saved queries and alerts, each per account.
const (
	MaxSavedQueries = 1000
	MaxAlerts       = 1000
	maxQueryName    = 255
	maxQueryJSON    = 64 << 10
)

// metaTx is a write transaction on what is kept beside the events: it leaves
// their columns, and so every reader's snapshot, alone.
type metaTx struct {
	s       *session
	ctx     context.Context
	account int64
	name    string // the account's
	now     int64
}

func (d *DB) metaTx(ctx context.Context, account string, f func(*metaTx) error) error {
	if err := needAccount(account); err != nil {
		return err
	}
	return d.transact(ctx, func() error {
		if _, err := d.writer.exec(ctx, "INSERT INTO account (name) VALUES (?) ON CONFLICT DO NOTHING", account); err != nil {
			return fmt.Errorf("making the account: %w", err)
		}
		n := &metaTx{s: d.writer, ctx: ctx, name: account, now: d.opts.Now().UnixMilli()}
		var err error
		if n.account, err = n.s.accountID(ctx, account); err != nil {
			return err
		}
		if err := f(n); err != nil {
			return err
		}
		return n.s.commit(ctx)
	})
}

// readMeta reads what is kept beside the events; f gets the account's number, 0
// for one that never wrote.
func (d *DB) readMeta(ctx context.Context, account string, f func(s *session, account int64) error) error {
	return d.lend(ctx, func(s *session) error {
		id, err := s.accountID(ctx, account)
		if err != nil {
			return err
		}
		return f(s, id)
	})
}

// lend runs f in a transaction that reads, beside the columns.
func (d *DB) lend(ctx context.Context, f func(*session) error) error {
	s, err := d.acquire(ctx)
	if err != nil {
		return err
	}
	defer d.release(s)
	if err := s.begin(ctx, false); err != nil {
		return err
	}
	return errors.Join(f(s), s.rollback())
}

// accountNumber is the number that queries and alerts show for an account: the
// same on every server, and small enough for any reader of JSON.
func accountNumber(account string) int64 { return int64(hashText(account)) }

const savedColumns = "id, name, email, query, alerts, rollup, rule, rule_scope, rule_list, feed, created, updated"

func scanSaved(r interface{ Scan(...any) error }, account string) (q api.SavedQuery, err error) {
	var feed sql.NullInt64
	var created, updated int64
	err = r.Scan(&q.ID, &q.Name, &q.UserEmail, &q.QueryJSON, &q.AlertEnabled, &q.AlertRollupEnabled, &q.RuleEnabled,
		&q.RuleScope, &q.RuleListID, &feed, &created, &updated)
	if feed.Valid {
		q.CustomThreatFeedID = &feed.Int64
	}
	q.AccountID, q.CreatedAt, q.UpdatedAt = accountNumber(account), timeOf(created), timeOf(updated)
	return q, err
}

// SavedQueries lists an account's saved queries by id.
func (d *DB) SavedQueries(ctx context.Context, account string) ([]api.SavedQuery, error) {
	out := []api.SavedQuery{}
	err := d.readMeta(ctx, account, func(s *session, id int64) error {
		return s.each(ctx, "SELECT "+savedColumns+" FROM saved_query WHERE account = ? ORDER BY id", []any{id}, func(r *sql.Rows) error {
			q, err := scanSaved(r, account)
			out = append(out, q)
			return err
		})
	})
	if err != nil {
		return nil, fmt.Errorf("reading the saved queries: %w", err)
	}
	return out, nil
}

// SavedQuery reads one; a 404 *api.Error where there is none.
func (d *DB) SavedQuery(ctx context.Context, account string, id int64) (q api.SavedQuery, err error) {
	err = d.readMeta(ctx, account, func(s *session, number int64) error {
		q, err = s.savedQuery(ctx, number, account, id)
		return err
	})
	return q, err
}

func (s *session) savedQuery(ctx context.Context, account int64, name string, id int64) (api.SavedQuery, error) {
	q, err := scanSaved(s.queryRow(ctx, "SELECT "+savedColumns+" FROM saved_query WHERE account = ? AND id = ?", account, id), name)
	if errors.Is(err, sql.ErrNoRows) {
		return q, api.Errorf(http.StatusNotFound, "no saved query %d", id)
	}
	if err != nil {
		return q, fmt.Errorf("reading a saved query: %w", err)
	}
	return q, nil
}

// CheckQuery tells whether an account could ask a list query now: its limits
// hold, its datasets are there. Its error is what asking would answer.
func (d *DB) CheckQuery(ctx context.Context, account string, q api.ListQuery) error {
	if err := q.Validate(); err != nil {
		return err
	}
	v, err := d.readTx(ctx)
	if err != nil {
		return err
	}
	defer v.close()
	sc, err := v.scope(ctx, account, q.Datasets)
	if err != nil {
		return err
	}
	return refuseAnalyticsBranches(sc, q)
}

func checkSaved(q *api.SavedQuery) error {
	q.Name = strings.TrimSpace(q.Name)
	if n := utf8.RuneCountInString(q.Name); n < 1 || n > maxQueryName {
		return api.Errorf(http.StatusBadRequest, "name: want 1..%d characters, got %d", maxQueryName, n)
	}
	if n := len(q.QueryJSON); n > maxQueryJSON {
		return api.Errorf(http.StatusBadRequest, "query_json: want at most %d bytes, got %d", maxQueryJSON, n)
	}
	if n := utf8.RuneCountInString(q.RuleScope); n > maxQueryName {
		return api.Errorf(http.StatusBadRequest, "rule_scope: want at most %d characters, got %d", maxQueryName, n)
	}
	return nil
}

// CreateSavedQuery keeps a query; its id, account and moments are the store's.
// Whether the query can be asked is the caller's to check. A name that is
// taken is a 409 *api.Error. With AlertEnabled it gets an alert, too.
func (d *DB) CreateSavedQuery(ctx context.Context, account string, q api.SavedQuery) (made api.SavedQuery, err error) {
	if err := checkSaved(&q); err != nil {
		return made, err
	}
	err = d.metaTx(ctx, account, func(n *metaTx) error {
		if err := n.room("saved_query", "saved queries", MaxSavedQueries); err != nil {
			return err
		}
		if err := n.nameFree(q.Name, 0); err != nil {
			return err
		}
		q.ID, err = n.s.insert(ctx, `INSERT INTO saved_query (account, name, email, query, alerts, rollup, rule, rule_scope, rule_list, feed, created, updated)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			n.account, q.Name, q.UserEmail, q.QueryJSON, q.AlertEnabled, q.AlertRollupEnabled, q.RuleEnabled, q.RuleScope, q.RuleListID, q.CustomThreatFeedID, n.now, n.now)
		if err != nil {
			return fmt.Errorf("saving a query: %w", err)
		}
		if err := n.implyAlert(q); err != nil {
			return err
		}
		made, err = n.s.savedQuery(ctx, n.account, account, q.ID)
		return err
	})
	return made, err
}

// room refuses one row more than an account may have.
func (n *metaTx) room(table, what string, most int) error {
	var count int
	if err := n.s.queryRow(n.ctx, "SELECT count(*) FROM "+table+" WHERE account = ?", n.account).Scan(&count); err != nil {
		return fmt.Errorf("counting the %s: %w", what, err)
	}
	if count >= most {
		return api.Errorf(http.StatusBadRequest, "%s: want at most %d in an account, got one more", what, most)
	}
	return nil
}

func (n *metaTx) nameFree(name string, except int64) error {
	var taken bool
	err := n.s.queryRow(n.ctx, "SELECT EXISTS (SELECT 1 FROM saved_query WHERE account = ? AND name = ? AND id <> ?)", n.account, name, except).Scan(&taken)
	if err != nil {
		return fmt.Errorf("looking for the name of a query: %w", err)
	}
	if taken {
		return api.Errorf(http.StatusConflict, "name: a saved query %q exists already", short(name))
	}
	return nil
}

// UpdateSavedQuery lets alter change a saved query and keeps what it made of
// it. Switching its alerts on makes the first one, and an alert that was off
// tells of later events only; changing the roll-up changes how often its
// alerts tell.
func (d *DB) UpdateSavedQuery(ctx context.Context, account string, id int64, alter func(*api.SavedQuery) error) (now api.SavedQuery, err error) {
	err = d.metaTx(ctx, account, func(n *metaTx) error {
		before, err := n.s.savedQuery(ctx, n.account, account, id)
		if err != nil {
			return err
		}
		q := before
		if err := alter(&q); err != nil {
			return err
		}
		if err := checkSaved(&q); err != nil {
			return err
		}
		if err := n.nameFree(q.Name, id); err != nil {
			return err
		}
		_, err = n.s.exec(ctx, "UPDATE saved_query SET name = ?, query = ?, alerts = ?, rollup = ?, rule = ?, rule_scope = ?, feed = ?, updated = ? WHERE id = ?",
			q.Name, q.QueryJSON, q.AlertEnabled, q.AlertRollupEnabled, q.RuleEnabled, q.RuleScope, q.CustomThreatFeedID, n.now, id)
		if err != nil {
			return fmt.Errorf("changing a saved query: %w", err)
		}
		if err := n.followQuery(before, q); err != nil {
			return err
		}
		now, err = n.s.savedQuery(ctx, n.account, account, id)
		return err
	})
	return now, err
}

// followQuery makes the alerts of a query follow a change of it.
func (n *metaTx) followQuery(before, q api.SavedQuery) error {
	if q.AlertEnabled && !before.AlertEnabled {
		if _, err := n.s.exec(n.ctx, "UPDATE alert SET seen = (SELECT next_id - 1 FROM state), updated = ? WHERE query = ?", n.now, q.ID); err != nil {
			return fmt.Errorf("switching alerts on: %w", err)
		}
		if err := n.implyAlert(q); err != nil {
			return err
		}
	}
	if q.AlertRollupEnabled == before.AlertRollupEnabled {
		return nil
	}
	if _, err := n.s.exec(n.ctx, "UPDATE alert SET frequency = ?, updated = ? WHERE query = ?", frequencyOf(q), n.now, q.ID); err != nil {
		return fmt.Errorf("changing how often alerts tell: %w", err)
	}
	return nil
}

// DeleteSavedQuery forgets a query and its alerts; what they told stays in the
// inbox. An error of allow, which is asked about how it is by then, leaves both.
func (d *DB) DeleteSavedQuery(ctx context.Context, account string, id int64, allow func(*api.SavedQuery) error) error {
	return d.metaTx(ctx, account, func(n *metaTx) error {
		q, err := n.s.savedQuery(ctx, n.account, account, id)
		if err == nil {
			err = allow(&q)
		}
		if err != nil {
			return err
		}
		for _, query := range []string{"DELETE FROM alert WHERE query = ?", "DELETE FROM saved_query WHERE id = ?"} {
			if _, err := n.s.exec(ctx, query, id); err != nil {
				return fmt.Errorf("deleting a saved query: %w", err)
			}
		}
		return nil
	})
}
