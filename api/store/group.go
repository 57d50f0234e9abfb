package store

import (
	"cmp"
	"context"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"threatbench/api"
)

// maxGroupColumns bounds what one grouping may combine.
const maxGroupColumns = 6

// GroupBy counts the selection by columns, by time, or both. An event counts
// once under each distinct element of a list, and under nil where the list is
// empty. Values that differ only in case are one group, shown in the spelling
// that most events have; TLP markings of one meaning likewise.
func (s *Selection) GroupBy(ctx context.Context, g GroupQuery) (Groups, error) {
	if len(g.Columns) > maxGroupColumns {
		return Groups{}, api.Errorf(http.StatusBadRequest, "columns: want at most %d, got %d", maxGroupColumns, len(g.Columns))
	}
	if len(g.Columns) == 0 && g.Bucket == "" {
		return Groups{}, api.Errorf(http.StatusBadRequest, "columns: want one at least, or a bucket")
	}
	return s.groupOnce(ctx, g)
}

// group counts.
func (s *Selection) group(ctx context.Context, g GroupQuery) (Groups, error) {
	hits, total, err := s.between(ctx, g.StartDate, g.EndDate)
	if err != nil {
		return Groups{}, err
	}
	dims, err := s.dimensions(g)
	if err != nil {
		return Groups{}, err
	}
	t, err := newTally(dims)
	if err != nil {
		return Groups{}, err
	}
	for _, h := range hits {
		if h.count == 0 {
			continue
		}
		if err := ctx.Err(); err != nil {
			return Groups{}, err
		}
		if err := t.count(ctx, s.v, h); err != nil {
			return Groups{}, err
		}
	}
	rows := t.rows(g)
	out := Groups{Distinct: len(rows), Total: total}
	if g.Limit > 0 && len(rows) > g.Limit {
		rows = rows[:g.Limit]
	}
	out.Rows = rows
	return out, nil
}

// between narrows the selection to a range, both ends included; a day counts
// whole.
func (s *Selection) between(ctx context.Context, start, end string) ([]hit, int, error) {
	if start == "" && end == "" {
		return s.hits, s.total, nil
	}
	c := &dateCondition{col: colDate, ranges: [][2]int64{{math.MinInt64, math.MaxInt64}}}
	for _, end := range []struct{ key, value string }{{"startDate", start}, {"endDate", end}} {
		if _, err := api.ParseTime(end.value); end.value != "" && err != nil {
			return nil, 0, api.Errorf(http.StatusBadRequest, "%s: want a day such as 2024-01-31 or a time such as 2024-01-31T12:00:00Z, got %q", end.key, short(end.value))
		}
	}
	if start != "" {
		c.ranges[0][0] = dateRange(api.OpGte, start)[0]
	}
	if end != "" {
		c.ranges[0][1] = dateRange(api.OpLte, end)[1]
	}
	out, total := make([]hit, 0, len(s.hits)), 0
	for _, h := range s.hits {
		if h.count == 0 {
			continue
		}
		bits := *h.bits
		if err := c.narrow(ctx, s.v, h.block, &bits); err != nil {
			return nil, 0, err
		}
		h.bits, h.count = &bits, bits.count()
		total += h.count
		out = append(out, h)
	}
	return out, total, nil
}

// dimension is one thing counted by: it gives each event one or more numbers.
type dimension struct {
	col    int
	isList bool
	class  []uint32       // number to the number that stands for its class; nil: itself
	dict   dict           // of a dictionary column
	isDict bool           // whether dict is
	flag   bool           // hasChildren
	scope  *scope         // of datasetId
	seen   map[uint32]int // events per spelling, where a class has several

	bucket api.Bucket // of the time dimension
	start  func(int64) int64
	steps  []int64         // the starts that occur; a number is a place here
	stepOf map[int64]int64 // and back
}

func (s *Selection) dimensions(g GroupQuery) ([]*dimension, error) {
	var out []*dimension
	for _, name := range g.Columns {
		d, err := s.dimension(name)
		if err != nil {
			return nil, err
		}
		out = append(out, d)
	}
	if g.Bucket != "" {
		if !knownBucket(g.Bucket) {
			return nil, api.Errorf(http.StatusBadRequest, "bucket: want minute, hour, day, week, month or year, got %q", short(string(g.Bucket)))
		}
		out = append(out, &dimension{col: colDate, bucket: g.Bucket, start: bucketStart(g.Bucket), stepOf: map[int64]int64{}})
	}
	return out, nil
}

func (s *Selection) dimension(name string) (*dimension, error) {
	if !slices.Contains(api.AggregateColumns(), name) {
		return nil, api.Errorf(http.StatusBadRequest, "aggregateBy: want columns of %s, got %q", strings.Join(api.AggregateColumns(), " "), short(name))
	}
	col, _ := columnOf(name)
	d := &dimension{col: col, isList: col >= colLists && col < colUUID, flag: col == colFlags}
	if k, ok := columnKind(col); ok {
		d.dict, d.isDict = s.v.snap.dicts[k], true
		if d.dict.variants {
			d.class, d.seen = d.dict.class, map[uint32]int{}
		}
	}
	if col == colDataset {
		d.scope = &s.scope
	}
	return d, nil
}

// text is a number of the dimension as a key; nil for no value.
func (d *dimension) text(n int64) *string {
	var s string
	switch {
	case d.isDict:
		s = d.spelling(uint32(n))
	case d.flag:
		s = strconv.FormatBool(n != 0)
	case d.scope != nil:
		s = d.scope.uuidOf(uint32(n))
	default:
		s = strconv.FormatInt(n, 10)
	}
	if s == "" {
		return nil
	}
	return &s
}

// spelling is how a class is shown: as most of its events have it, the least
// text among equals.
func (d *dimension) spelling(class uint32) string {
	best, most := d.dict.values[class], d.seen[class]
	if d.class == nil {
		return best
	}
	for num, n := range d.seen {
		text := d.dict.values[num]
		if d.class[num] == class && (n > most || n == most && text < best) {
			best, most = text, n
		}
	}
	return best
}

// rows are the groups in the order asked for.
func (t *tally) rows(g GroupQuery) []Group {
	var out []Group
	texts := make([]map[int64]*string, len(g.Columns))
	for i := range texts {
		texts[i] = map[int64]*string{}
	}
	t.each(func(digits []int64, n int) {
		row := Group{Keys: make([]*string, len(g.Columns)), Count: n}
		for i := range g.Columns {
			text, known := texts[i][digits[i]]
			if !known {
				text = t.dims[i].text(digits[i])
				texts[i][digits[i]] = text
			}
			row.Keys[i] = text
		}
		if g.Bucket != "" {
			row.Date = timeOf(t.dims[len(g.Columns)].steps[digits[len(g.Columns)]])
		}
		out = append(out, row)
	})
	slices.SortFunc(out, func(a, b Group) int { return compareGroups(g, a, b) })
	return out
}

func compareGroups(g GroupQuery, a, b Group) int {
	byKey := compareGroupKeys(a, b)
	if g.ByKey {
		if g.Asc {
			return byKey
		}
		return -byKey
	}
	byCount := cmp.Compare(a.Count, b.Count)
	if !g.Asc {
		byCount = -byCount
	}
	return cmp.Or(byCount, byKey)
}

// compareGroupKeys orders by date, then by the keys without case, nil first.
func compareGroupKeys(a, b Group) int {
	if c := a.Date.Compare(b.Date.Time); c != 0 {
		return c
	}
	for i := range a.Keys {
		if c := comparePointers(a.Keys[i], b.Keys[i]); c != 0 {
			return c
		}
	}
	return 0
}

func comparePointers(a, b *string) int {
	switch {
	case a == b:
		return 0
	case a == nil:
		return -1
	case b == nil:
		return 1
	}
	return cmp.Or(strings.Compare(api.Fold(*a), api.Fold(*b)), strings.Compare(*a, *b))
}
