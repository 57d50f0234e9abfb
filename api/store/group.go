package store

import (
	"cmp"
	"context"
	"fmt"
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
	hits, total, err := s.between(ctx, g.StartDate, g.EndDate)
	if err != nil {
		return Groups{}, err
	}
	dims, err := s.dimensions(g)
	if err != nil {
		return Groups{}, err
	}
	t := newTally(dims)
	for _, h := range hits {
		if h.count == 0 {
			continue
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

// between narrows the selection to whole days, both included.
func (s *Selection) between(ctx context.Context, start, end string) ([]hit, int, error) {
	if start == "" && end == "" {
		return s.hits, s.total, nil
	}
	c := &dateCondition{col: colDate, ranges: [][2]int64{{math.MinInt64, math.MaxInt64}}}
	for _, day := range []struct{ key, value string }{{"startDate", start}, {"endDate", end}} {
		if day.value != "" && !api.IsDay(day.value) {
			return nil, 0, api.Errorf(http.StatusBadRequest, "%s: want YYYY-MM-DD, got %q", day.key, short(day.value))
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
	bucket api.Bucket     // of the time dimension
	scope  *scope         // of datasetId
	seen   map[uint32]int // events per spelling, where a class has several
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
		out = append(out, &dimension{col: colDate, bucket: g.Bucket})
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

// tally counts combinations of numbers.
type tally struct {
	dims   []*dimension
	dense  []int // one dimension of small numbers
	sparse map[[maxGroupColumns + 1]int64]int
}

func newTally(dims []*dimension) *tally {
	t := &tally{dims: dims}
	if len(dims) == 1 && dims[0].bucket == "" {
		t.dense = []int{}
		return t
	}
	t.sparse = map[[maxGroupColumns + 1]int64]int{}
	return t
}

// count adds one block.
func (t *tally) count(ctx context.Context, v *view, h hit) error {
	if t.dense != nil {
		return t.countOne(ctx, v, h)
	}
	values := make([]func(i int, f func(int64)), len(t.dims))
	for at, d := range t.dims {
		f, err := d.values(ctx, v, h)
		if err != nil {
			return err
		}
		values[at] = f
	}
	local := newLocal()
	h.bits.each(func(i int) { local.add(i, values) })
	local.flush(t.sparse)
	return nil
}

// countOne counts by one dictionary, the commonest question.
func (t *tally) countOne(ctx context.Context, v *view, h hit) error {
	d := t.dims[0]
	if d.isList {
		return t.countList(ctx, v, h)
	}
	col, err := v.ints(ctx, h.block, d.col)
	if err != nil {
		return err
	}
	if d.flag {
		t.grow(1)
		h.bits.each(func(i int) {
			if col.at(i)&flagHasChildren != 0 {
				t.dense[1]++
			} else {
				t.dense[0]++
			}
		})
		return nil
	}
	if col.width == 0 {
		t.bump(uint32(col.base), h.count)
		return nil
	}
	var most uint64
	for i := range col.n {
		most = max(most, col.stored(i))
	}
	counts := make([]int, most+1)
	h.bits.each(func(i int) { counts[col.stored(i)]++ })
	for num, n := range counts {
		if n > 0 {
			t.bump(uint32(num), n)
		}
	}
	return nil
}

func (t *tally) countList(ctx context.Context, v *view, h hit) error {
	values, err := t.dims[0].values(ctx, v, h)
	if err != nil {
		return err
	}
	add := func(n int64) {
		t.grow(int(n))
		t.dense[n]++
	}
	h.bits.each(func(i int) { values(i, add) })
	return nil
}

// bump adds n events with a number to its class.
func (t *tally) bump(num uint32, n int) {
	d := t.dims[0]
	class := num
	if d.class != nil {
		d.seen[num] += n
		class = d.class[num]
	}
	t.grow(int(class))
	t.dense[class] += n
}

func (t *tally) grow(to int) {
	if to >= len(t.dense) {
		t.dense = append(t.dense, make([]int, to+1-len(t.dense))...)
	}
}

// values answers a function that calls back with each number of an event.
func (d *dimension) values(ctx context.Context, v *view, h hit) (func(i int, f func(int64)), error) {
	if d.isList {
		return d.listValues(ctx, v, h)
	}
	col, err := v.ints(ctx, h.block, d.col)
	if err != nil {
		return nil, err
	}
	switch {
	case d.bucket != "":
		start := bucketStart(d.bucket)
		return func(i int, f func(int64)) { f(start(col.at(i))) }, nil
	case d.flag:
		return func(i int, f func(int64)) { f(min(col.at(i)&flagHasChildren, 1)) }, nil
	case d.class != nil:
		return func(i int, f func(int64)) {
			n := uint32(col.at(i))
			d.seen[n]++
			f(int64(d.class[n]))
		}, nil
	}
	return func(i int, f func(int64)) { f(col.at(i)) }, nil
}

func (d *dimension) listValues(ctx context.Context, v *view, h hit) (func(i int, f func(int64)), error) {
	col, err := v.lists(ctx, h.block, d.col)
	if err != nil {
		return nil, err
	}
	var done []int64
	return func(i int, f func(int64)) {
		from, to := col.bounds(i)
		if from == to {
			f(0)
			return
		}
		done = done[:0]
		for at := from; at < to; at++ {
			n := col.vals.at(at)
			if d.class != nil {
				d.seen[uint32(n)]++
				n = int64(d.class[n])
			}
			if slices.Contains(done, n) {
				continue
			}
			done = append(done, n)
			f(n)
		}
	}, nil
}

// local counts within a block; consecutive events are often alike, so the last
// combination is kept at hand.
type local struct {
	counts map[[maxGroupColumns + 1]int64]int
	key    [maxGroupColumns + 1]int64
	last   [maxGroupColumns + 1]int64
	n      int
}

func newLocal() *local { return &local{counts: map[[maxGroupColumns + 1]int64]int{}} }

func (l *local) add(i int, values []func(int, func(int64))) { l.deepen(i, 0, values) }

// deepen runs through all combinations of an event's numbers.
func (l *local) deepen(i, at int, values []func(int, func(int64))) {
	if at == len(values) {
		if l.key != l.last {
			l.counts[l.last] += l.n
			l.last, l.n = l.key, 0
		}
		l.n++
		return
	}
	values[at](i, func(n int64) {
		l.key[at] = n
		l.deepen(i, at+1, values)
	})
}

func (l *local) flush(into map[[maxGroupColumns + 1]int64]int) {
	l.counts[l.last] += l.n
	for key, n := range l.counts {
		if n > 0 {
			into[key] += n
		}
	}
}

// rows are the groups in the order asked for.
func (t *tally) rows(g GroupQuery) []Group {
	var out []Group
	texts := make([]map[int64]*string, len(g.Columns))
	for i := range texts {
		texts[i] = map[int64]*string{}
	}
	add := func(key []int64, n int) {
		row := Group{Keys: make([]*string, len(g.Columns)), Count: n}
		for i := range g.Columns {
			text, known := texts[i][key[i]]
			if !known {
				text = t.dims[i].text(key[i])
				texts[i][key[i]] = text
			}
			row.Keys[i] = text
		}
		if g.Bucket != "" {
			row.Date = timeOf(key[len(g.Columns)])
		}
		out = append(out, row)
	}
	for num, n := range t.dense {
		if n > 0 {
			add([]int64{int64(num)}, n)
		}
	}
	for key, n := range t.sparse {
		add(key[:len(t.dims)], n)
	}
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

// Aggregate counts whole datasets by columns, the largest counts first, ties
// by key. Total counts every event in the range, whatever the limit.
func (d *DB) Aggregate(ctx context.Context, account string, q api.AggregateQuery) (api.AggregateResult, error) {
	if len(q.AggregateBy) == 0 {
		return api.AggregateResult{}, api.Errorf(http.StatusBadRequest, "aggregateBy: want a column at least, of %s", strings.Join(api.AggregateColumns(), " "))
	}
	if q.Limit < 0 {
		return api.AggregateResult{}, api.Errorf(http.StatusBadRequest, "limit: want 1 at least, got %d", q.Limit)
	}
	s, err := d.Select(ctx, account, api.ListQuery{Datasets: q.Datasets})
	if err != nil {
		return api.AggregateResult{}, err
	}
	defer s.Close()
	g := GroupQuery{Columns: q.AggregateBy, StartDate: q.StartDate, EndDate: q.EndDate, Limit: q.Limit}
	if q.GroupByDate {
		g.Bucket = api.BucketDay
	}
	if g.Limit == 0 {
		g.Limit = 100
	}
	groups, err := s.GroupBy(ctx, g)
	if err != nil {
		return api.AggregateResult{}, fmt.Errorf("aggregating: %w", err)
	}
	return aggregateResult(q, groups), nil
}

func aggregateResult(q api.AggregateQuery, groups Groups) api.AggregateResult {
	out := api.AggregateResult{
		AggregateBy: strings.Join(q.AggregateBy, ","), Total: groups.Total,
		Aggregations: make([]api.AggregateRow, len(groups.Rows)),
	}
	if q.StartDate != "" || q.EndDate != "" {
		out.DateRange = &api.DateRange{StartDate: q.StartDate, EndDate: q.EndDate}
	}
	for i, g := range groups.Rows {
		row := api.AggregateRow{"count": g.Count}
		for at, name := range q.AggregateBy {
			row[name] = aggregateValue(name, g.Keys[at])
		}
		if q.GroupByDate {
			row["date"] = g.Date.Format("2006-01-02")
		}
		out.Aggregations[i] = row
	}
	return out
}

// aggregateValue is a key in the type its field has.
func aggregateValue(column string, key *string) any {
	if key == nil {
		return nil
	}
	switch column {
	case "killChain":
		if n, err := strconv.Atoi(*key); err == nil {
			return n
		}
	case "hasChildren":
		return *key == "true"
	}
	return *key
}
