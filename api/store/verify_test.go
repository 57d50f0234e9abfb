package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// A sound database has no problems; one that was tampered with has each of
// them named.
func TestVerifyFindsDamage(t *testing.T) {
	fileOnly(t)
	path := place(t)
	d := openAt(t, path, Options{segment: 16})
	for i := range 40 {
		e := numbered(i)
		e.Indicator, e.IndicatorType = fmt.Sprintf("203.0.113.%d", i), "ip"
		create(t, d, e)
	}
	verify := func(d *DB) Verified {
		t.Helper()
		told := 0
		v, err := d.Verify(context.Background(), func(n int) { told = n })
		if err != nil {
			t.Fatal(err)
		}
		if v.Events != 40 || told != 40 {
			t.Errorf("%d events, %d told", v.Events, told)
		}
		return v
	}
	if v := verify(d); len(v.Problems) > 0 {
		t.Fatalf("a sound database: %q", v.Problems)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	alter(t, path, "DELETE FROM indicator_key WHERE event = (SELECT min(event) FROM indicator_key)")
	alter(t, path, "INSERT INTO indicator_key (key, event) VALUES (1, 999999)")
	alter(t, path, "UPDATE event SET doc = x'ff00' WHERE id = (SELECT id FROM event ORDER BY id LIMIT 1 OFFSET 5)")
	v := verify(openAt(t, path, Options{segment: 16, ReadOnly: true}))
	for _, want := range []string{"isn't found by one of its indicators", "1 entries of events that aren't there", "can't be read"} {
		if !slices.ContainsFunc(v.Problems, func(p string) bool { return strings.Contains(p, want) }) {
			t.Errorf("%q is not among %q", want, v.Problems)
		}
	}
}

// A clock that is behind the journal, and events of the future, are told.
func TestVerifyTellsOfTheClock(t *testing.T) {
	path := place(t)
	then := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	d := openAt(t, path, Options{Now: func() time.Time { return then }})
	create(t, d, numbered(1), numbered(2))
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	for now, future := range map[time.Time]int{then: 0, then.Add(-time.Minute): 0, then.Add(-time.Hour): 2, then.AddDate(1, 0, 0): 0} {
		d := openAt(t, path, Options{Now: func() time.Time { return now }, ReadOnly: true})
		v, err := d.Verify(context.Background(), nil)
		if err != nil || !v.Newest.Equal(then) || v.Future != future {
			t.Errorf("at %v: newest %v, %d of the future, %v", now, v.Newest, v.Future, err)
		}
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
