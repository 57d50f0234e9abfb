package async

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

func TestJobTellsItsProgressAtMostTenTimesASecond(t *testing.T) {
	inBubble(t, &fakeAPI{}, Options{}, func(t *testing.T, l *Layer) {
		b := newBench(t)
		b.run(l.Run(table, func(_ context.Context, report func(done, total int64, note string)) (any, error) {
			for i := range int64(2000) {
				<-time.After(time.Millisecond)
				report(i+1, 2000, fmt.Sprint("line ", i))
			}
			return "imported", nil
		}))
		m := one[JobDone](b)
		if m.Value != "imported" || m.Err != nil || m.Took != 2*time.Second || !l.Current(m.RequestTag) || l.Busy(table) {
			t.Errorf("%+v", m)
		}
		var last Progress
		n := 0
		for i, msg := range b.msgs {
			p, is := msg.(Progress)
			if !is {
				continue
			}
			if n++; p.Done <= last.Done || p.Total != 2000 || p.Note == "" {
				t.Errorf("%+v after %+v", p, last)
			}
			if i > 0 && b.at[i]-b.at[i-1] < 100*time.Millisecond {
				t.Errorf("only %s apart", b.at[i]-b.at[i-1])
			}
			last = p
		}
		if n < 19 || n > 21 {
			t.Errorf("%d messages in two seconds", n)
		}
	})
}

func TestAQuietJobJustEnds(t *testing.T) {
	inBubble(t, &fakeAPI{}, Options{}, func(t *testing.T, l *Layer) {
		b := newBench(t)
		b.run(l.Run(table, func(context.Context, Report) (any, error) { return 3, errors.New("half") }))
		if m := one[JobDone](b); m.Value != 3 || m.Err == nil || len(b.msgs) != 1 {
			t.Errorf("%+v", m)
		}
	})
}

// A cancelled job says what it did before: its end is told, and is current.
func TestACancelledJobTellsItsEnd(t *testing.T) {
	inBubble(t, &fakeAPI{}, Options{}, func(t *testing.T, l *Layer) {
		b := newBench(t)
		b.run(l.Run(table, func(ctx context.Context, report Report) (any, error) {
			report(41, 100, "")
			<-ctx.Done()
			return 41, ctx.Err()
		}))
		synctest.Wait()
		l.Cancel(table)
		m := one[JobDone](b)
		if m.Value != 41 || !errors.Is(m.Err, context.Canceled) || !l.Current(m.RequestTag) || l.Busy(table) {
			t.Errorf("%+v", m)
		}
	})
}

// A job whose messages nobody reads any more still ends, and leaves nothing.
func TestAJobGoesOnUnread(t *testing.T) {
	inBubble(t, &fakeAPI{}, Options{}, func(t *testing.T, l *Layer) {
		ended := false
		msg := l.Run(table, func(_ context.Context, report Report) (any, error) {
			report(1, 2, "")
			<-time.After(time.Second)
			report(2, 2, "")
			ended = true
			return nil, nil
		})()
		if _, is := msg.(Progress); !is {
			t.Fatalf("%#v", msg)
		}
		<-time.After(2 * time.Second)
		synctest.Wait()
		if !ended || l.Busy(table) {
			t.Error("it did not end")
		}
	})
}

func TestCatalogs(t *testing.T) {
	f := &fakeAPI{took: 100 * time.Millisecond}
	inBubble(t, f, Options{}, func(t *testing.T, l *Layer) {
		for i := range 2 {
			b := newBench(t)
			b.run(l.Catalogs(table))
			m := one[CatalogsLoaded](b)
			c := m.Catalogs
			if len(m.Errs) != 0 || m.Pending != 0 || m.Next != nil || l.Busy(table) {
				t.Errorf("%+v", m)
			}
			if len(c.Datasets)+len(c.Categories)+len(c.Attackers)+len(c.IndicatorTypes)+len(c.TargetIndustries)+len(c.Countries)+len(c.Tags) != 7 {
				t.Errorf("%+v", c)
			}
			if f.total() != 7 {
				t.Errorf("round %d: %d calls", i, f.total())
			}
		}
		l.Forget()
		b := newBench(t)
		b.run(l.Catalogs(table))
		if one[CatalogsLoaded](b); f.total() != 14 {
			t.Errorf("%d calls after Forget", f.total())
		}
	})
}

func TestAMissingCatalogueBlocksNone(t *testing.T) {
	f := &fakeAPI{took: 100 * time.Millisecond, hang: CatalogCountries}
	inBubble(t, f, Options{}, func(t *testing.T, l *Layer) {
		b := newBench(t)
		b.run(l.Catalogs(table))
		<-time.After(90 * time.Second)
		b.mu.Lock()
		first := b.msgs[0].(CatalogsLoaded)
		if n := len(b.msgs); n != 1 || b.at[0] != time.Second {
			t.Errorf("%d messages, at %v", n, b.at)
		}
		b.mu.Unlock()
		if first.Pending != 1 || len(first.Catalogs.Datasets) != 1 || first.Catalogs.Countries != nil || !l.Busy(table) {
			t.Errorf("%+v", first)
		}
		l.Cancel(table)
		b.wait()
	})
}

func TestACatalogueThatFailsIsAskedForAgain(t *testing.T) {
	f := &fakeAPI{err: errors.New("no such path")}
	inBubble(t, f, Options{}, func(t *testing.T, l *Layer) {
		b := newBench(t)
		b.run(l.Catalogs(table))
		if m := one[CatalogsLoaded](b); len(m.Errs) != 7 || m.Errs[CatalogTags] == nil || m.Catalogs.Tags != nil {
			t.Errorf("%+v", m)
		}
		f.set(func(f *fakeAPI) { f.err = nil })
		b = newBench(t)
		b.run(l.Catalogs(table))
		if m := one[CatalogsLoaded](b); len(m.Errs) != 0 || len(m.Catalogs.Tags) != 1 || f.total() != 14 {
			t.Errorf("%+v after %d calls", m, f.total())
		}
	})
}
