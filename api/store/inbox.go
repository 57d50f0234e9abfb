package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"threatbench/api"
)

func (n *metaTx) insertNotification(in api.Notification, told bool) (int64, error) {
	var events []byte
	for _, id := range in.EventIDs {
		u, err := uuid.Parse(id)
		if err != nil {
			return 0, fmt.Errorf("writing to the inbox: event %q: %w", short(id), err)
		}
		events = append(events, u[:]...)
	}
	id, err := n.s.insert(n.ctx, "INSERT INTO notification (account, alert, query, name, at, count, events, read, told, claimed) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0)",
		n.account, in.AlertID, in.QueryID, in.QueryName, in.At.UnixMilli(), in.Count, orBytes(events), in.Read, told)
	if err != nil {
		return 0, fmt.Errorf("writing to the inbox: %w", err)
	}
	return id, nil
}

// orBytes keeps an empty value from being taken for NULL.
func orBytes(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

const notificationColumns = "id, alert, query, name, at, count, events, read"

// scanNotification reads those columns, and others behind them into more.
func scanNotification(r *sql.Rows, more ...any) (n api.Notification, err error) {
	var at int64
	var events []byte
	if err := r.Scan(append([]any{&n.ID, &n.AlertID, &n.QueryID, &n.QueryName, &at, &n.Count, &events, &n.Read}, more...)...); err != nil {
		return n, err
	}
	n.At, n.EventIDs = timeOf(at), unpackUUIDs(events)
	return n, nil
}

func unpackUUIDs(b []byte) []string {
	out := []string{}
	for ; len(b) >= 16; b = b[16:] {
		out = append(out, uuidText(b[:16]))
	}
	return out
}

// Inbox answers a page of what alerts told, the newest first, and how many
// unread ones there are in all.
func (d *DB) Inbox(ctx context.Context, account string, q api.InboxQuery) (in api.Inbox, unread int, err error) {
	if err := (api.ListQuery{Page: q.Page, PageSize: q.PageSize}).Validate(); err != nil {
		return in, 0, err
	}
	size, page := q.PageSize, max(q.Page, 1)
	if size == 0 {
		size = api.DefaultPageSize
	}
	in.Notifications = []api.Notification{}
	err = d.readMeta(ctx, account, func(s *session, id int64) error {
		var total int
		// The indexes answer each count without reading the rows.
		err := errors.Join(
			s.queryRow(ctx, "SELECT count(*) FROM notification WHERE account = ?", id).Scan(&total),
			s.queryRow(ctx, "SELECT count(*) FROM notification WHERE account = ? AND read = 0", id).Scan(&unread))
		if err != nil {
			return err
		}
		where := "account = ?"
		if q.UnreadOnly {
			where, total = "account = ? AND read = 0", unread
		}
		in.Info = api.ResultInfo{Page: page, PerPage: size, TotalCount: total, TotalPages: (total + size - 1) / size}
		return s.each(ctx, "SELECT "+notificationColumns+" FROM notification WHERE "+where+" ORDER BY id DESC LIMIT ? OFFSET ?", []any{id, size, (page - 1) * size}, func(r *sql.Rows) error {
			n, err := scanNotification(r)
			in.Notifications = append(in.Notifications, n)
			return err
		})
	})
	if err != nil {
		return in, 0, fmt.Errorf("reading the inbox: %w", err)
	}
	in.Info.Count = len(in.Notifications)
	return in, unread, nil
}

// MarkNotifications marks notifications as read or unread, all of the
// account's where ids is nil. It answers how many changed; ids the account
// doesn't have count for nothing.
func (d *DB) MarkNotifications(ctx context.Context, account string, ids []int64, read bool) (changed int, err error) {
	err = d.metaTx(ctx, account, func(n *metaTx) error {
		if ids == nil {
			return n.mark(&changed, "UPDATE notification SET read = ? WHERE account = ? AND read <> ?", read, n.account, read)
		}
		for _, id := range ids {
			if err := n.mark(&changed, "UPDATE notification SET read = ? WHERE account = ? AND read <> ? AND id = ?", read, n.account, read, id); err != nil {
				return err
			}
		}
		return nil
	})
	return changed, err
}

func (n *metaTx) mark(changed *int, query string, args ...any) error {
	res, err := n.s.exec(n.ctx, query, args...)
	if err != nil {
		return fmt.Errorf("marking the inbox: %w", err)
	}
	rows, err := res.RowsAffected()
	if err != nil {
		return fmt.Errorf("marking the inbox: %w", err)
	}
	*changed += int(rows)
	return nil
}

// Remember puts notifications of earlier days into the inbox, for a database
// that is filled with a story; the webhook is not told of them.
func (d *DB) Remember(ctx context.Context, account string, list []api.Notification) error {
	return d.metaTx(ctx, account, func(n *metaTx) error {
		for _, in := range list {
			if _, err := n.insertNotification(in, true); err != nil {
				return err
			}
			if _, err := n.s.exec(ctx, "UPDATE alert SET sent = ? WHERE account = ? AND id = ? AND coalesce(sent, 0) < ?", in.At.UnixMilli(), n.account, in.AlertID, in.At.UnixMilli()); err != nil {
				return fmt.Errorf("writing to the inbox: %w", err)
			}
		}
		return nil
	})
}

// Untold is a notification that the webhook has still to be told.
type Untold struct {
	Account string
	api.Notification
}

// How long one process may take to tell a notification before another tries,
// and after how long it is news no more.
const (
	tellLease = 5 * time.Minute
	tellUntil = 24 * time.Hour
)

// ClaimUntold takes the oldest notification that the webhook hasn't got and
// that no process is telling; false where there is none.
func (d *DB) ClaimUntold(ctx context.Context) (u Untold, found bool, err error) {
	if u, found, err = d.nextUntold(ctx); err != nil || !found {
		return u, false, err
	}
	err = d.metaTx(ctx, u.Account, func(n *metaTx) error {
		free := n.now - tellLease.Milliseconds()
		res, err := n.s.exec(ctx, "UPDATE notification SET claimed = ? WHERE id = ? AND told = 0 AND claimed < ?", n.now, u.ID, free)
		if err != nil {
			return fmt.Errorf("undertaking to tell a notification: %w", err)
		}
		rows, err := res.RowsAffected()
		found = rows > 0
		return err
	})
	return u, found, err
}

func (d *DB) nextUntold(ctx context.Context) (u Untold, found bool, err error) {
	now := d.opts.Now()
	err = d.lend(ctx, func(s *session) error {
		var account int64
		err := s.each(ctx, "SELECT "+notificationColumns+", account FROM notification WHERE told = 0 AND claimed < ? AND at > ? ORDER BY id LIMIT 1",
			[]any{now.Add(-tellLease).UnixMilli(), now.Add(-tellUntil).UnixMilli()}, func(r *sql.Rows) (err error) {
				found = true
				u.Notification, err = scanNotification(r, &account)
				return err
			})
		if err != nil || !found {
			return err
		}
		return s.queryRow(ctx, "SELECT name FROM account WHERE id = ?", account).Scan(&u.Account)
	})
	if err != nil {
		return u, false, fmt.Errorf("looking for what the webhook is to be told: %w", err)
	}
	return u, found, nil
}

// Told notes that the webhook has a notification, or that it never will.
func (d *DB) Told(ctx context.Context, u Untold, delivered bool) error {
	return d.metaTx(ctx, u.Account, func(n *metaTx) error {
		told := 1
		if !delivered {
			told = 2
		}
		if _, err := n.s.exec(ctx, "UPDATE notification SET told = ? WHERE id = ?", told, u.ID); err != nil {
			return fmt.Errorf("noting what the webhook was told: %w", err)
		}
		return nil
	})
}
