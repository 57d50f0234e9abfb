package form

import (
	"strings"

	"github.com/charmbracelet/x/ansi"

	"threatbench/ui/widget/layout"
	"threatbench/views"
)

// Review is what would be sent, in lines for a width of w: of a new event the
// fields that are set, of another what was and what will be.
func (m *Model) Review(w int) []string {
	var out []string
	for _, f := range m.fields {
		switch {
		case m.event == nil && f.value() != "":
			out = append(out, m.given(f, w)...)
		case m.event != nil && f.changed():
			out = append(out, m.compared(f, w)...)
			if f.moved != "" {
				for _, line := range shown(views.OneLine(f.moved), w-4) {
					out = append(out, "  "+m.env.Styles.Warn.Paint(line))
				}
			}
		}
	}
	return out
}

// given is a field of a new event.
func (m *Model) given(f *field, w int) []string {
	st := m.env.Styles
	label := st.Faint.Paint(layout.Line(f.title, labelWidth))
	var out []string
	for _, line := range shown(f.value(), w-labelWidth) {
		out = append(out, label+line)
		label = layout.Blank(labelWidth)
	}
	if len(out) > maxReviewed {
		rest := len(out) - maxReviewed
		out = append(out[:maxReviewed], layout.Blank(labelWidth)+st.Faint.Paint("and "+views.Count(rest)+" more lines"))
	}
	return out
}

// maxReviewed is how many lines of a new text are worth looking at.
const maxReviewed = 8

// compared is a field beside what it was: in one line where both fit, else
// what goes and what comes, line by line.
func (m *Model) compared(f *field, w int) []string {
	st := m.env.Styles
	label := st.Strong.Paint(layout.Line(f.title, labelWidth))
	was, now := orNone(f.was), orNone(f.value())
	arrow := " " + st.Glyphs.Arrow + " "
	if !strings.Contains(was+now, "\n") && layout.Width(views.Shown(was)+views.Shown(now)) <= w-labelWidth-3 {
		return []string{label + st.Error.Paint(views.Shown(was)) + arrow + st.Good.Paint(views.Shown(now))}
	}
	out := []string{label}
	for _, d := range difference(f.was, f.value()) {
		for _, line := range shown(d.text, w-4) {
			switch d.sign {
			case '-':
				out = append(out, "  "+st.Error.Paint("- "+line))
			case '+':
				out = append(out, "  "+st.Good.Paint("+ "+line))
			default:
				out = append(out, "    "+st.Faint.Paint(line))
			}
		}
	}
	return out
}

func orNone(s string) string {
	if s == "" {
		return "(none)"
	}
	return s
}

// shown is a text in lines of at most w cells.
func shown(text string, w int) []string {
	var out []string
	for line := range strings.SplitSeq(text, "\n") {
		line = views.Shown(strings.ReplaceAll(line, "\t", "    "))
		out = append(out, strings.Split(ansi.Hardwrap(line, max(w, 8), true), "\n")...)
	}
	return out
}

// change is a line that goes (-), comes (+) or stays.
type change struct {
	sign rune
	text string
}

// around is how many lines that stay are shown beside those that change.
const around = 2

// difference compares two texts line by line: the ends they share stay, what
// lies between is compared.
func difference(was, now string) []change {
	a, b := lines(was), lines(now)
	head := 0
	for head < min(len(a), len(b)) && a[head] == b[head] {
		head++
	}
	tail := 0
	for tail < min(len(a), len(b))-head && a[len(a)-1-tail] == b[len(b)-1-tail] {
		tail++
	}
	var out []change
	if from := max(head-around, 0); from > 0 {
		out = append(out, change{' ', views.Count(from) + " lines as before"})
	}
	for _, l := range a[max(head-around, 0):head] {
		out = append(out, change{' ', l})
	}
	out = append(out, between(a[head:len(a)-tail], b[head:len(b)-tail])...)
	end := a[len(a)-tail:]
	for _, l := range end[:min(around, len(end))] {
		out = append(out, change{' ', l})
	}
	if n := len(end) - around; n > 0 {
		out = append(out, change{' ', views.Count(n) + " lines as before"})
	}
	return out
}

func lines(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, "\n")
}

// maxCompared bounds the table of a comparison, in cells.
const maxCompared = 1 << 20

// between compares lines by their longest common subsequence; very many are
// shown as all going and all coming.
func between(a, b []string) []change {
	var out []change
	if len(a)*len(b) > maxCompared {
		for _, l := range a {
			out = append(out, change{'-', l})
		}
		for _, l := range b {
			out = append(out, change{'+', l})
		}
		return out
	}
	common := make([][]int32, len(a)+1) // of a[i:] and b[j:]
	for i := range common {
		common[i] = make([]int32, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if common[i][j] = max(common[i+1][j], common[i][j+1]); a[i] == b[j] {
				common[i][j] = common[i+1][j+1] + 1
			}
		}
	}
	i, j := 0, 0
	for i < len(a) || j < len(b) {
		switch {
		case i < len(a) && j < len(b) && a[i] == b[j]:
			out = append(out, change{' ', a[i]})
			i++
			j++
		case j >= len(b) || i < len(a) && common[i+1][j] >= common[i][j+1]:
			out = append(out, change{'-', a[i]})
			i++
		default:
			out = append(out, change{'+', b[j]})
			j++
		}
	}
	return out
}
