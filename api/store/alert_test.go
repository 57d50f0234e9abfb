package store

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"threatbench/api"
)

// TestArrivedCountsWhatIsNew compares with a list, over segments and filters.
func TestArrivedCountsWhatIsNew(t *testing.T) {
	d := openAt(t, place(t), Options{segment: 16})
	var ids []string
	for i := range 100 {
		id := testUUID(i + 1)
		ids = append(ids, id)
		create(t, d, plain(func(e *api.CreateEvent) { e.UUID, e.Attacker = id, fmt.Sprint("A", i%3) }))
	}
	q := api.ListQuery{Search: []api.Condition{{Field: api.FieldAttacker, Op: api.OpEquals, Values: []string{"a1"}}}}
	for _, after := range []int64{0, 1, 15, 16, 17, 50, 98, 99, 100, 200} {
		var want []string
		for i := len(ids) - 1; i >= 0; i-- {
			if int64(i+1) > after && i%3 == 1 {
				want = append(want, ids[i])
			}
		}
		got, err := d.Arrived(t.Context(), testAccount, q, after, 5)
		if err != nil {
			t.Fatal(err)
		}
		if got.Count != len(want) || got.Last != 100 || !slices.Equal(got.Newest, want[:min(5, len(want))]) {
			t.Errorf("after %d: got %+v, want %v", after, got, want)
		}
	}
}

// TestAlertsStartWhereTheyAreSwitchedOn: what came before is not their concern.
func TestAlertsStartWhereTheyAreSwitchedOn(t *testing.T) {
	d := openNew(t)
	ctx := t.Context()
	create(t, d, plain(nil))
	q, err := d.CreateSavedQuery(ctx, testAccount, api.SavedQuery{Name: "q", QueryJSON: "{}"})
	if err != nil {
		t.Fatal(err)
	}
	a, err := d.CreateAlert(ctx, testAccount, api.Alert{QueryID: q.ID, Enabled: true})
	if err != nil {
		t.Fatal(err)
	}
	seen := func(want int64) {
		t.Helper()
		if got, err := d.AlertSeen(ctx, testAccount, a.ID); err != nil || got != want {
			t.Errorf("seen %d (%v), want %d", got, err, want)
		}
	}
	seen(1)
	create(t, d, plain(nil), plain(nil))
	seen(1)
	for _, on := range []bool{false, true} {
		if _, err := d.UpdateAlert(ctx, testAccount, a.ID, func(a *api.Alert) error { a.Enabled = on; return nil }); err != nil {
			t.Fatal(err)
		}
	}
	seen(3)
	create(t, d, plain(nil))
	for _, on := range []bool{false, true} {
		if _, err := d.UpdateSavedQuery(ctx, testAccount, q.ID, func(q *api.SavedQuery) error { q.AlertEnabled = on; return nil }); err != nil {
			t.Fatal(err)
		}
	}
	seen(4)
	// Of two processes that saw the same events, one fires.
	span := AlertSpan{Alert: a.ID, From: 4, To: 9}
	for _, want := range []bool{true, false} {
		if _, fired, err := d.FireAlert(ctx, testAccount, api.Notification{AlertID: a.ID, At: api.TimeOf(time.Now())}, span); err != nil || fired != want {
			t.Errorf("fired %v (%v), want %v", fired, err, want)
		}
	}
	seen(9)
}

// TestUntoldIsClaimedOnce: two processes never tell the same at once, and what
// wasn't told is claimed again later, for a day.
func TestUntoldIsClaimedOnce(t *testing.T) {
	clock := time.Now()
	d := openAt(t, place(t), Options{Now: func() time.Time { return clock }})
	ctx := t.Context()
	q, err := d.CreateSavedQuery(ctx, testAccount, api.SavedQuery{Name: "q", QueryJSON: "{}", AlertEnabled: true})
	if err != nil {
		t.Fatal(err)
	}
	alerts, err := d.Alerts(ctx, testAccount)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := d.FireAlert(ctx, testAccount, api.Notification{AlertID: alerts[0].ID, QueryID: q.ID, At: api.TimeOf(clock)}, AlertSpan{Alert: alerts[0].ID, To: 1}); err != nil {
		t.Fatal(err)
	}
	claim := func(want bool) Untold {
		t.Helper()
		u, found, err := d.ClaimUntold(ctx)
		if err != nil || found != want || found && (u.Account != testAccount || u.QueryID != q.ID) {
			t.Fatalf("claimed %v %+v (%v), want %v", found, u, err, want)
		}
		return u
	}
	claim(true)
	claim(false)
	clock = clock.Add(6 * time.Minute)
	u := claim(true)
	clock = clock.Add(25 * time.Hour)
	claim(false)
	clock = clock.Add(-25*time.Hour + 6*time.Minute)
	claim(true)
	if err := d.Told(ctx, u, true); err != nil {
		t.Fatal(err)
	}
	clock = clock.Add(6 * time.Minute)
	claim(false)
}
