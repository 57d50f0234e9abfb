// Package progress draws how far a long task has come. It keeps no clock: the
// caller says how much time has passed.
package progress

import (
	"fmt"
	"strings"
	"time"

	"threatbench/theme"
	"threatbench/ui/widget/layout"
	"threatbench/ui/widget/text"
)

// State is how far a task has come.
type State struct {
	Label string // what is done: "Importing attack.jsonl"
	Done  int64
	Total int64 // 0 where it isn't known
	// Rate is the present pace in things a second, 0 where it isn't known; see
	// Meter.
	Rate   float64
	Note   string // the latest remark: "12 lines rejected"
	Cancel string // how to stop it: "esc cancels"; "" where it can't be
}

const (
	minBar = 8
	maxBar = 40
)

// Bar draws s in one line of exactly w cells. Where room is short the note goes
// first, then the bar, the rate, the hint; the numbers stay longest.
func Bar(st *theme.Styles, s State, w int) string {
	if w <= 0 {
		return ""
	}
	p := parts{st: st, s: s, numbers: numbers(s), pace: pace(s)}
	for _, take := range []level{{true, true, true, true}, {bar: true, pace: true, cancel: true}, {pace: true, cancel: true}, {cancel: true}, {}} {
		if line := p.line(take, w); layout.Width(line) <= w {
			return text.FitStyled(line, w, &st.Glyphs)
		}
	}
	return text.FitStyled(p.line(level{}, w), w, &st.Glyphs)
}

// level is which parts are drawn beside label and numbers.
type level struct{ note, bar, pace, cancel bool }

type parts struct {
	st            *theme.Styles
	s             State
	numbers, pace string
}

func (p parts) line(take level, w int) string {
	var left, right []string
	if p.s.Label != "" {
		left = append(left, p.st.Strong.Paint(p.s.Label))
	}
	right = append(right, p.numbers)
	if take.pace && p.pace != "" {
		right = append(right, p.st.Faint.Paint(p.pace))
	}
	if take.note && p.s.Note != "" {
		right = append(right, p.st.Faint.Paint(p.s.Note))
	}
	if take.cancel && p.s.Cancel != "" {
		right = append(right, p.st.Hint.Paint(p.s.Cancel))
	}
	words := strings.Join(append(append([]string(nil), left...), right...), "  ")
	if !take.bar || p.s.Total <= 0 {
		return words
	}
	room := max(minBar, min(maxBar, w-layout.Width(words)-2))
	return strings.Join(append(append(left, p.bar(room)), right...), "  ")
}

func (p parts) bar(w int) string {
	g := &p.st.Glyphs
	full := int(fraction(p.s) * float64(w))
	return p.st.Accent.Paint(strings.Repeat(g.Bars[7], full)) + p.st.Border.Paint(strings.Repeat(g.HLine, w-full))
}

// fraction is how much is done, 0..1.
func fraction(s State) float64 {
	if s.Total <= 0 {
		return 0
	}
	return max(0, min(1, float64(s.Done)/float64(s.Total)))
}

func numbers(s State) string {
	if s.Total <= 0 {
		return Count(s.Done)
	}
	return fmt.Sprintf("%s of %s, %d%%", Count(s.Done), Count(s.Total), int(fraction(s)*100))
}

// pace is the rate and the time that remains.
func pace(s State) string {
	if s.Rate <= 0 {
		return ""
	}
	out := fmt.Sprintf("%.1f/s", s.Rate)
	if s.Rate >= 10 {
		out = Count(int64(s.Rate)) + "/s"
	}
	if left := float64(s.Total - s.Done); left > 0 && left/s.Rate < 100*3600 {
		out += ", " + Short(time.Duration(left/s.Rate*float64(time.Second))) + " left"
	}
	return out
}

// Count writes a number with commas: 1,234,567.
func Count(n int64) string {
	s := fmt.Sprint(n)
	sign := ""
	if s[0] == '-' {
		sign, s = "-", s[1:]
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return sign + s
}

// Short writes a duration as briefly as a glance needs: 8s, 2m05s, 3h20m.
func Short(d time.Duration) string {
	d = d.Round(time.Second)
	switch {
	case d < time.Second:
		return "1s"
	case d < time.Minute:
		return fmt.Sprintf("%ds", d/time.Second)
	case d < time.Hour:
		return fmt.Sprintf("%dm%02ds", d/time.Minute, d%time.Minute/time.Second)
	}
	return fmt.Sprintf("%dh%02dm", d/time.Hour, d%time.Hour/time.Minute)
}

// Meter smooths a task's pace.
type Meter struct {
	at   time.Time
	done int64
	rate float64
}

// Over how long the pace is averaged, and how far apart it is measured.
const (
	memory   = 5 * time.Second
	interval = 200 * time.Millisecond
)

// Add notes that done things were done at the moment at and gives the pace, in
// things a second; 0 until it can be told.
func (m *Meter) Add(done int64, at time.Time) float64 {
	if m.at.IsZero() || done < m.done {
		m.at, m.done, m.rate = at, done, 0
		return 0
	}
	passed := at.Sub(m.at)
	if passed < interval {
		return m.rate
	}
	now := float64(done-m.done) / passed.Seconds()
	if m.rate == 0 {
		m.rate = now
	} else {
		weight := min(1, passed.Seconds()/memory.Seconds())
		m.rate += weight * (now - m.rate)
	}
	m.at, m.done = at, done
	return m.rate
}
