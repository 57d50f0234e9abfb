package chart

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"threatbench/theme"
	"threatbench/ui/widget/uitest"
)

func sheets(t testing.TB) []*theme.Styles {
	t.Helper()
	var out []*theme.Styles
	for _, name := range []string{"dark", "mono"} {
		for _, ascii := range []bool{false, true} {
			st, err := theme.Load(name, true, ascii)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, st)
		}
	}
	return out
}

// counts are those of real life: none, one, a few, and one that dwarfs them.
func count(t *rapid.T) int {
	return rapid.SampledFrom([]int{0, 0, 1, 2, 7, 40, 900, 1_204_331, 2_000_000_000, 1_000_000_000_000}).Draw(t, "count")
}

func names(t *rapid.T, what string, most int) []string {
	n := rapid.IntRange(0, most).Draw(t, what)
	out := make([]string, n)
	for i := range out {
		out[i] = rapid.SampledFrom([]string{"", "A", "UA Ukraine", "a name much longer than any column is wide", "日本語", "e\u0301", "👩‍👩‍👧"}).Draw(t, "name") + fmt.Sprint(i)
	}
	return out
}

func table(t *rapid.T, rows, cols int) [][]int {
	out := make([][]int, rows)
	for i := range out {
		out[i] = make([]int, cols)
		for j := range out[i] {
			out[i][j] = count(t)
		}
	}
	return out
}

// Whatever the counts, names and sizes, every chart fills its rectangle
// exactly, and where the pointer hits the cursor goes.
func TestChartsFillTheirRectangle(t *testing.T) {
	styles := sheets(t)
	rapid.Check(t, func(t *rapid.T) {
		st := rapid.SampledFrom(styles).Draw(t, "styles")
		w, h := rapid.IntRange(0, 210).Draw(t, "w"), rapid.IntRange(0, 60).Draw(t, "h")
		a, b := names(t, "rows", 12), names(t, "cols", 12)
		counts := table(t, len(a), len(b))
		bars, cols, heat, flow, matrix := NewBars(st), NewColumns(st), NewHeat(st), NewFlow(st), NewMatrix(st)
		var list []Bar
		var lanes []Lane
		var series []Series
		for i, name := range a {
			sum := 0
			lane := Lane{Title: name}
			for j, n := range counts[i] {
				sum += n
				lane.Cells = append(lane.Cells, Cell{b[j], n, count(t)})
			}
			lane.Total = sum
			list, lanes = append(list, Bar{name, sum, counts[i], count(t), counts[i]}), append(lanes, lane)
			series = append(series, Series{name, counts[i]})
		}
		bars.SetBars(list, b, 1000, rapid.Bool().Draw(t, "compare"))
		bars.SetMode(rapid.SampledFrom([]Mode{Stacked, Grouped, Share}).Draw(t, "mode"))
		var earlier []int
		if rapid.Bool().Draw(t, "before") {
			for range b {
				earlier = append(earlier, count(t))
			}
		}
		cols.SetSteps(b, series, earlier)
		cols.SetMode(rapid.SampledFrom([]Mode{Stacked, Grouped, Share, Lines}).Draw(t, "columns' mode"))
		var were [][]int
		if rapid.Bool().Draw(t, "compared") {
			were = table(t, len(a), len(b))
		}
		heat.SetCounts(a, b, counts, were)
		flow.SetCounts(a, b, counts)
		matrix.SetLanes(lanes, rapid.Bool().Draw(t, "lanes compared"))
		for range 3 {
			dx, dy := rapid.IntRange(-3, 3).Draw(t, "dx"), rapid.IntRange(-3, 3).Draw(t, "dy")
			bars.Move(dy)
			bars.SetPart(dx)
			cols.Move(dx)
			cols.MovePart(dy)
			heat.Move(dx, dy)
			flow.Move(dx, dy)
			matrix.Move(dx, dy)
			for name, lines := range map[string][]string{
				"bars": bars.Lines(w, h), "columns": cols.Lines(w, h), "heat": heat.Lines(w, h), "flow": flow.Lines(w, h), "matrix": matrix.Lines(w, h),
			} {
				if err := uitest.ExactLines(lines, w, h); err != nil {
					t.Fatalf("%s: %v", name, err)
				}
			}
		}
		x, y := rapid.IntRange(0, max(w-1, 0)).Draw(t, "x"), rapid.IntRange(0, max(h-1, 0)).Draw(t, "y")
		if heat.Hit(x, y) {
			if _, at := heat.At(); at != y {
				t.Fatalf("a click on line %d puts the heatmap's cursor on %d", y, at)
			}
		}
		if bars.Hit(x, y) {
			if _, at := bars.At(); at != y {
				t.Fatalf("a click on line %d puts the bars' cursor on %d", y, at)
			}
		}
	})
}

func TestShareSumsUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		counts := rapid.SliceOfN(rapid.IntRange(0, 1000), 1, 9).Draw(t, "counts")
		n := rapid.IntRange(0, 200).Draw(t, "n")
		sum := 0
		for _, c := range share(counts, n) {
			sum += c
		}
		if want := n * min(slices.Max(counts), 1); sum != want {
			t.Fatalf("%v in %d cells: %d", counts, n, sum)
		}
	})
}

func TestNumbersThatFit(t *testing.T) {
	for _, c := range []struct {
		n, width int
		want     string
	}{
		{0, 3, "0"}, {999, 3, "999"}, {1204, 5, "1,204"}, {1204, 4, "1204"}, {1204, 3, "1k"}, {12_040, 3, "12k"}, {9_999, 3, "10k"},
		{999_950, 4, "1.0M"}, {1_204_331, 4, "1.2M"}, {2_000_000_000, 2, "2G"}, {123_456, 2, "++"}, {-4, 3, "0"},
	} {
		if got := Compact(c.n, c.width); got != c.want {
			t.Errorf("Compact(%d, %d) = %q, want %q", c.n, c.width, got, c.want)
		}
	}
	for _, c := range []struct {
		part, whole int
		want        string
	}{{0, 0, ""}, {0, 7, "0.0%"}, {1, 10_000, "<0.1%"}, {9_999_999, 10_000_000, ">99.9%"}, {7, 7, "100.0%"}, {1, 8, "12.5%"}} {
		if got := Percent(c.part, c.whole); got != c.want {
			t.Errorf("Percent(%d, %d) = %q, want %q", c.part, c.whole, got, c.want)
		}
	}
	for _, c := range []struct {
		now, before int
		want        string
	}{{3, 3, "="}, {3, 0, "new"}, {0, 4, "-4 (-100%)"}, {12, 8, "+4 (+50%)"}, {0, 0, "="}} {
		if got := Delta(c.now, c.before); got != c.want {
			t.Errorf("Delta(%d, %d) = %q, want %q", c.now, c.before, got, c.want)
		}
	}
}

func TestTicksAreNumbersPeopleCountIn(t *testing.T) {
	for _, c := range []struct {
		most, room int
		want       []int
	}{{0, 5, []int{0}}, {1, 5, []int{0, 1}}, {10, 6, []int{0, 2, 4, 6, 8, 10}}, {2235, 5, []int{0, 1000, 2000}}, {399, 8, []int{0, 100, 200, 300}}, {5, 1, []int{0}}} {
		if got := ticks(c.most, c.room); !slices.Equal(got, c.want) {
			t.Errorf("ticks(%d, %d) = %v, want %v", c.most, c.room, got, c.want)
		}
	}
}
