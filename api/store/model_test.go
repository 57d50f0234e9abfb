package store

import (
	"cmp"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"threatbench/api"
	"threatbench/api/indicator"
)

// model is the contract written down in the plainest way: a slice of events
// and loops over it. The store is compared with it.
type model struct {
	events []api.Event
	edges  map[Edge]bool
	raws   map[string]api.RawInput // by UUID
	cats   map[string]api.Category // by folded name
}

func newModel() *model {
	return &model{edges: map[Edge]bool{}, raws: map[string]api.RawInput{}, cats: map[string]api.Category{}}
}

// create takes events as the store must.
func (m *model) create(data []api.CreateEvent) {
	base := len(m.events)
	byUUID := map[string]int{}
	for i, e := range m.events {
		byUUID[e.UUID] = i
	}
	for i, in := range data {
		byUUID[in.UUID] = base + i
		e := expected(in)
		m.events = append(m.events, e)
		raw := in.Raw
		if raw.TLP == "" {
			raw.TLP = in.TLP
		}
		m.raws[in.UUID] = raw
		if _, known := m.cats[api.Fold(in.Category)]; !known {
			m.cats[api.Fold(in.Category)] = api.Category{KillChain: e.KillChain, MitreAttack: e.MitreAttack, MitreCapec: e.MitreCapec}
		}
	}
	for i, in := range data {
		for _, r := range in.Relationships {
			parent := r.ParentID
			if r.ParentIndex != nil {
				parent = data[*r.ParentIndex].UUID
			}
			m.edges[Edge{Parent: parent, Child: in.UUID, Type: r.RelationshipType}] = true
		}
		for _, u := range in.References {
			m.refer(base+i, byUUID[u])
		}
	}
	m.derive()
}

// derive works out who has children.
func (m *model) derive() {
	for i := range m.events {
		e := &m.events[i]
		e.HasChildren = false
		for k := range m.edges {
			e.HasChildren = e.HasChildren || k.Parent == e.UUID
		}
	}
}

func (m *model) refer(src, dst int) {
	from, to := &m.events[src], &m.events[dst]
	from.References = append(from.References, to.UUID)
	to.Referenced = append(to.Referenced, from.UUID)
	from.NumReferences++
	to.NumReferenced++
	slices.Sort(from.References)
	slices.Sort(to.Referenced)
}

// expected is the event that must come of a create body, alone.
func expected(in api.CreateEvent) api.Event {
	when := func(s string) api.Time {
		t, err := api.ParseTime(s)
		if err != nil {
			panic(err)
		}
		return t
	}
	e := api.Event{
		UUID: in.UUID, Date: when(in.Date), CreatedAt: when(in.CreatedAt), Event: in.Event, Category: in.Category, Attacker: in.Attacker,
		AttackerCountry: codesOf(in.AttackerCountry)[0], AttackerCountryAlpha3: codesOf(in.AttackerCountry)[1],
		TargetCountry: codesOf(in.TargetCountry)[0], TargetCountryAlpha3: codesOf(in.TargetCountry)[1],
		TargetIndustry: in.TargetIndustry, Indicator: in.Indicator, IndicatorType: in.IndicatorType, KillChain: *in.KillChain,
		TLP: in.TLP, Insight: in.Insight, DatasetID: in.DatasetID,
		Tags: unique(in.Tags), MitreAttack: unique(in.MitreAttack), MitreCapec: unique(in.MitreCapec),
		References: []string{}, Referenced: []string{},
	}
	if e.DatasetID == "" {
		e.DatasetID = defaultDataset(testAccount).UUID
	}
	return e
}

// codesOf are the codes of the countries that tests use.
func codesOf(country string) [2]string {
	return map[string][2]string{
		"ua": {"UA", "UKR"}, "UKR": {"UA", "UKR"}, "Germany": {"DE", "DEU"}, "QQ": {"QQ", ""}, "US": {"US", "USA"}, "PL": {"PL", "POL"},
	}[country]
}

func unique(list []string) []string {
	out := []string{}
	for _, s := range list {
		if !slices.ContainsFunc(out, func(o string) bool { return strings.EqualFold(o, s) }) {
			out = append(out, s)
		}
	}
	return out
}

func (m *model) matching(q api.ListQuery, datasets []string) []api.Event {
	var out []api.Event
	for _, e := range m.events {
		if !slices.Contains(datasets, e.DatasetID) || !allHold(e, q.Search) {
			continue
		}
		if len(q.Branches) > 0 && !slices.ContainsFunc(q.Branches, func(b []api.Condition) bool { return allHold(e, b) }) {
			continue
		}
		out = append(out, e)
	}
	return out
}

func allHold(e api.Event, conds []api.Condition) bool {
	for _, c := range conds {
		if !holds(e, c) {
			return false
		}
	}
	return true
}

func holds(e api.Event, c api.Condition) bool {
	if c.Op == "none" {
		return !hasValue(e, c.Field)
	}
	switch c.Field {
	case "text":
		return findHolds(e, c.Words())
	case "indicator":
		return indicatorHolds(e, c)
	case "tags":
		return listHolds(e.Tags, c)
	case "mitreAttack":
		return listHolds(e.MitreAttack, c)
	case "mitreCapec":
		return listHolds(e.MitreCapec, c)
	case "killChain":
		return slices.ContainsFunc(c.Values, func(v string) bool {
			n, _ := strconv.Atoi(v)
			return compareHolds(c.Op, cmp.Compare(e.KillChain, n))
		}) != (c.Op == "not")
	case "hasChildren":
		return slices.ContainsFunc(c.Values, func(v string) bool {
			b, _ := strconv.ParseBool(strings.ToLower(v))
			number := map[bool]int{true: 1}
			return compareHolds(c.Op, cmp.Compare(number[e.HasChildren], number[b]))
		}) != (c.Op == "not")
	case "date":
		return dateHolds(e.Date, c)
	case "createdAt":
		return dateHolds(e.CreatedAt, c)
	case "tlp":
		if slices.Contains([]api.Op{"equals", "not", "gt", "gte", "lt", "lte", "in"}, c.Op) {
			have, _ := api.ParseTLP(e.TLP)
			return slices.ContainsFunc(c.Values, func(v string) bool {
				want, _ := api.ParseTLP(v)
				return compareHolds(c.Op, cmp.Compare(have, want))
			}) != (c.Op == "not")
		}
	}
	if c.Op == "not" {
		return !textHolds(textField(e, string(c.Field)), c)
	}
	return textHolds(textField(e, string(c.Field)), c)
}

// hasValue tells whether an event has a value in a field.
func hasValue(e api.Event, f api.Field) bool {
	switch f {
	case "tags":
		return len(e.Tags) > 0
	case "mitreAttack":
		return len(e.MitreAttack) > 0
	case "mitreCapec":
		return len(e.MitreCapec) > 0
	case "killChain":
		return e.KillChain != 0
	case "hasChildren", "date", "createdAt":
		return true
	}
	return textField(e, string(f)) != ""
}

// indicatorHolds compares canonical forms, and looks into them and into what
// was sent.
func indicatorHolds(e api.Event, c api.Condition) bool {
	canonical := indicator.Canonical(e.Indicator)
	switch c.Op {
	case "equals", "in", "not":
		same := e.Indicator != "" && slices.ContainsFunc(c.Values, func(v string) bool { return indicator.Canonical(v) == canonical })
		return same != (c.Op == "not")
	case "within":
		want, err := netip.ParsePrefix(c.Value())
		if err != nil {
			panic(err)
		}
		got, err := netip.ParsePrefix(canonical)
		if a, failed := netip.ParseAddr(canonical); failed == nil {
			got, err = netip.PrefixFrom(a, a.BitLen()), nil
		}
		return err == nil && want.Masked().Overlaps(got) && got.Bits() >= want.Bits()
	case "under":
		host := canonical
		if _, rest, ok := strings.Cut(host, "://"); ok {
			host = rest
		}
		host, _, _ = strings.Cut(host, "/")
		host = host[strings.LastIndexByte(host, '@')+1:]
		return host == c.Value() || strings.HasSuffix(host, "."+c.Value())
	}
	return textHolds(e.Indicator, c) || e.Indicator != "" && textHolds(canonical, c)
}

// findHolds looks for each word, or the phrase, everywhere.
func findHolds(e api.Event, words []string) bool {
	for i, w := range words {
		texts := slices.Concat([]string{e.Event, e.Indicator, indicator.Canonical(e.Indicator), e.Insight, e.Attacker, e.Category, e.TargetIndustry}, e.Tags, e.MitreAttack)
		some := slices.ContainsFunc(texts, func(s string) bool { return strings.Contains(api.Fold(s), api.Fold(w)) })
		for _, code := range []string{e.AttackerCountry, e.TargetCountry} {
			some = some || countryHolds(code, words, i)
		}
		if !some {
			return false
		}
	}
	return true
}

func countryHolds(code string, words []string, i int) bool {
	names := map[string][2]string{"UA": {"ukraine", "UKR"}, "DE": {"germany", "DEU"}, "US": {"united states", "USA"}, "PL": {"poland", "POL"}}
	known, ok := names[code]
	if !ok {
		return false
	}
	w := strings.Join(strings.Fields(api.Fold(words[i])), " ")
	threeLetters := w == api.Fold(known[1]) && strings.HasPrefix(known[0], w)
	if words[i] == code || words[i] == known[1] || threeLetters || len(w) >= 4 && strings.HasPrefix(known[0], w) || code == "US" && w == "states" {
		return true
	}
	whole := " " + api.Fold(strings.Join(words, " ")) + " "
	return strings.Contains(whole, " "+known[0]+" ") && strings.Contains(" "+known[0]+" ", " "+w+" ")
}

func listHolds(list []string, c api.Condition) bool {
	if c.Op == "under" {
		return slices.ContainsFunc(list, func(s string) bool {
			return strings.EqualFold(s, c.Value()) || strings.HasPrefix(api.Fold(s), api.Fold(c.Value())+".")
		})
	}
	any := slices.ContainsFunc(list, func(s string) bool { return textHolds(s, c) })
	return any != (c.Op == "not")
}

// compareHolds takes "not" and "in" for equality.
func compareHolds(op api.Op, c int) bool {
	switch op {
	case "gt":
		return c > 0
	case "gte":
		return c >= 0
	case "lt":
		return c < 0
	case "lte":
		return c <= 0
	}
	return c == 0
}

func dateHolds(t api.Time, c api.Condition) bool {
	if slices.Contains([]api.Op{"like", "contains", "startsWith", "endsWith", "find"}, c.Op) {
		return textHolds(t.String(), c)
	}
	any := false
	for _, v := range c.Values {
		want, err := api.ParseTime(v)
		if err != nil {
			panic(err)
		}
		end := want.Time
		if len(v) == len("2006-01-02") {
			end = want.AddDate(0, 0, 1).Add(-time.Millisecond)
		}
		switch c.Op {
		case "gt":
			any = any || t.After(end)
		case "gte":
			any = any || !t.Before(want.Time)
		case "lt":
			any = any || t.Before(want.Time)
		case "lte":
			any = any || !t.After(end)
		default:
			any = any || !t.Before(want.Time) && !t.After(end)
		}
	}
	return any != (c.Op == "not")
}

func textField(e api.Event, field string) string {
	switch field {
	case "attacker":
		return e.Attacker
	case "attackerCountry":
		return e.AttackerCountry
	case "category":
		return e.Category
	case "event":
		return e.Event
	case "indicator":
		return e.Indicator
	case "indicatorType":
		return e.IndicatorType
	case "targetCountry":
		return e.TargetCountry
	case "targetIndustry":
		return e.TargetIndustry
	case "tlp":
		return e.TLP
	case "uuid":
		return e.UUID
	case "insight":
		return e.Insight
	case "attackerCountryAlpha3":
		return e.AttackerCountryAlpha3
	case "targetCountryAlpha3":
		return e.TargetCountryAlpha3
	case "datasetId":
		return e.DatasetID
	}
	panic("no text field " + field)
}

func textHolds(s string, c api.Condition) bool {
	s = api.Fold(s)
	for _, v := range c.Values {
		v = api.Fold(v)
		var ok bool
		switch c.Op {
		case "gt", "gte", "lt", "lte":
			ok = compareHolds(c.Op, strings.Compare(s, v))
		case "contains":
			ok = strings.Contains(s, v)
		case "startsWith":
			ok = strings.HasPrefix(s, v)
		case "endsWith":
			ok = strings.HasSuffix(s, v)
		case "find":
			ok = !slices.ContainsFunc(strings.Fields(v), func(w string) bool { return !strings.Contains(s, w) })
		case "like":
			pattern := strings.NewReplacer("%", "(?s:.*)", "_", "(?s:.)").Replace(regexp.QuoteMeta(v))
			ok = regexp.MustCompile("^" + pattern + "$").MatchString(s)
		default:
			ok = s == v
		}
		if ok {
			return true
		}
	}
	return false
}

// sorted orders events as the contract says, ties by UUID the same way.
func sorted(events []api.Event, field string, desc bool) []api.Event {
	out := slices.Clone(events)
	slices.SortFunc(out, func(a, b api.Event) int {
		c := cmp.Or(compareBy(a, b, field), strings.Compare(a.UUID, b.UUID))
		if desc {
			return -c
		}
		return c
	})
	return out
}

func compareBy(a, b api.Event, field string) int {
	folded := func(l []string) []string {
		out := make([]string, len(l))
		for i, s := range l {
			out[i] = api.Fold(s)
		}
		return out
	}
	switch field {
	case "", "date":
		return a.Date.Compare(b.Date.Time)
	case "createdAt":
		return a.CreatedAt.Compare(b.CreatedAt.Time)
	case "killChain":
		return cmp.Compare(a.KillChain, b.KillChain)
	case "indicatorTypeId":
		return cmp.Compare(a.IndicatorTypeID, b.IndicatorTypeID)
	case "numReferences":
		return cmp.Compare(a.NumReferences, b.NumReferences)
	case "numReferenced":
		return cmp.Compare(a.NumReferenced, b.NumReferenced)
	case "rawId":
		x, _ := strconv.Atoi(a.RawID)
		y, _ := strconv.Atoi(b.RawID)
		return cmp.Compare(x, y)
	case "hasChildren":
		return strings.Compare(fmt.Sprint(a.HasChildren), fmt.Sprint(b.HasChildren))
	case "tags":
		return slices.Compare(folded(a.Tags), folded(b.Tags))
	case "mitreAttack":
		return slices.Compare(folded(a.MitreAttack), folded(b.MitreAttack))
	case "mitreCapec":
		return slices.Compare(folded(a.MitreCapec), folded(b.MitreCapec))
	case "tlp":
		x, _ := api.ParseTLP(a.TLP)
		y, _ := api.ParseTLP(b.TLP)
		return cmp.Compare(x, y)
	case "uuid", "releasabilityId":
		return 0
	}
	return strings.Compare(api.Fold(textField(a, field)), api.Fold(textField(b, field)))
}

// modelGroup is one group of the model.
type modelGroup struct {
	keys  []string // folded; "\x00" for none
	date  time.Time
	count int
}

// group counts events by columns and bucket.
func group(events []api.Event, columns []string, bucket api.Bucket) map[string]*modelGroup {
	out := map[string]*modelGroup{}
	for _, e := range events {
		combos := [][]string{{}}
		for _, col := range columns {
			var next [][]string
			for _, c := range combos {
				for _, v := range groupValues(e, col) {
					next = append(next, append(slices.Clone(c), v))
				}
			}
			combos = next
		}
		var date time.Time
		if bucket != "" {
			date = truncate(e.Date.Time, bucket)
		}
		for _, combo := range combos {
			folded := make([]string, len(combo))
			for i, v := range combo {
				folded[i] = groupFold(columns[i], v)
			}
			id := strings.Join(folded, "\x01") + "\x02" + date.String()
			g := out[id]
			if g == nil {
				g = &modelGroup{keys: folded, date: date}
				out[id] = g
			}
			g.count++
		}
	}
	return out
}

func groupFold(column, v string) string {
	if column == "tlp" {
		if t, ok := api.ParseTLP(v); ok {
			return t.String()
		}
	}
	return api.Fold(v)
}

func groupValues(e api.Event, column string) []string {
	switch column {
	case "tags":
		return distinct(e.Tags)
	case "mitreAttack":
		return distinct(e.MitreAttack)
	case "mitreCapec":
		return distinct(e.MitreCapec)
	case "killChain":
		return []string{strconv.Itoa(e.KillChain)}
	case "hasChildren":
		return []string{strconv.FormatBool(e.HasChildren)}
	}
	return []string{textField(e, column)}
}

func distinct(list []string) []string {
	if len(list) == 0 {
		return []string{""}
	}
	return list
}

func truncate(t time.Time, b api.Bucket) time.Time {
	t = t.UTC()
	y, mo, d := t.Date()
	switch b {
	case "minute":
		return time.Date(y, mo, d, t.Hour(), t.Minute(), 0, 0, time.UTC)
	case "hour":
		return time.Date(y, mo, d, t.Hour(), 0, 0, 0, time.UTC)
	case "week":
		return time.Date(y, mo, d-(int(t.Weekday())+6)%7, 0, 0, 0, 0, time.UTC)
	case "month":
		return time.Date(y, mo, 1, 0, 0, 0, 0, time.UTC)
	case "year":
		return time.Date(y, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	return time.Date(y, mo, d, 0, 0, 0, 0, time.UTC)
}
