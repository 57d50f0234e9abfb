package query

import (
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"golang.org/x/net/idna"

	"threatbench/api"
	"threatbench/api/indicator"
)

// Compiled is a query as a server understands it.
type Compiled struct {
	Query api.ListQuery
	// NotSearched names what the server could not look at: what is found may
	// be a part.
	NotSearched []string
}

// Compile says a query in what a server understands: as it is where the server
// announces what the query needs, else in the contract's own terms. What those
// can't say is a 400 *api.Error that names what would work.
func Compile(q api.ListQuery, can api.Capabilities) (Compiled, error) {
	c := compiling{can: can}
	out := q
	out.Search, out.Branches = nil, nil
	var alternatives [][][]api.Condition // for each condition that became an OR
	for _, cond := range q.Search {
		all, any, err := c.condition(cond, false)
		if err != nil {
			return Compiled{}, err
		}
		out.Search = append(out.Search, all...)
		if any != nil {
			alternatives = append(alternatives, any)
		}
	}
	branches := q.Branches
	for i, b := range q.Branches {
		made, err := c.branch(b)
		if err != nil {
			return Compiled{}, err
		}
		if i == 0 {
			branches = nil
		}
		branches = append(branches, made...)
	}
	for _, any := range alternatives {
		branches = product(branches, any)
	}
	if len(branches) > api.MaxBranches || len(out.Search) > api.MaxConditions {
		return Compiled{}, refuse("this server can't search for several words in all fields at once: search for one word, or name a field, as in event~~\"two words\"")
	}
	out.Branches = branches
	return Compiled{Query: out, NotSearched: c.missed}, nil
}

// NeedsCapabilities reports whether what a query becomes depends on the server.
func NeedsCapabilities(q api.ListQuery) bool {
	several := func(c api.Condition, spellings func(string) []string) bool {
		return exact(c.Op) && slices.ContainsFunc(c.Values, func(v string) bool { return len(spellings(v)) > 1 })
	}
	depends := func(c api.Condition) bool {
		return c.Own() || c.Not || c.Field == api.FieldIndicator && several(c, indicatorSpellings) || c.Field == api.FieldTLP && several(c, tlpSpellings)
	}
	return slices.ContainsFunc(q.Search, depends) || slices.ContainsFunc(q.Branches, func(b []api.Condition) bool { return slices.ContainsFunc(b, depends) })
}

// exact reports whether an operator asks for whole values.
func exact(op api.Op) bool { return op == api.OpEquals || op == api.OpNot || op == api.OpIn }

func refuse(format string, args ...any) error {
	return api.Errorf(http.StatusBadRequest, format, args...)
}

type compiling struct {
	can    api.Capabilities
	missed []string
}

// miss notes what isn't searched, once.
func (c *compiling) miss(what ...string) {
	for _, w := range what {
		if !slices.Contains(c.missed, w) {
			c.missed = append(c.missed, w)
		}
	}
}

// branch compiles a branch, which may become several.
func (c *compiling) branch(conds []api.Condition) ([][]api.Condition, error) {
	out := [][]api.Condition{nil}
	for _, cond := range conds {
		all, any, err := c.condition(cond, true)
		if err != nil {
			return nil, err
		}
		if any == nil {
			any = [][]api.Condition{nil}
		}
		var next [][]api.Condition
		for _, made := range out {
			for _, one := range any {
				next = append(next, slices.Concat(made, all, one))
			}
		}
		out = next
	}
	return out, nil
}

// product are all pairs of two lists of branches; the one that is nil doesn't
// narrow.
func product(a, b [][]api.Condition) [][]api.Condition {
	if len(a) == 0 {
		return b
	}
	var out [][]api.Condition
	for _, x := range a {
		for _, y := range b {
			out = append(out, slices.Concat(x, y))
		}
	}
	return out
}

// condition compiles one condition to some that all hold, and to branches of
// which one has to hold; nil where there are none.
func (c *compiling) condition(cond api.Condition, inBranch bool) (all []api.Condition, any [][]api.Condition, err error) {
	if cond.Not && !c.can.Can(api.CanNot) {
		all, err = c.negated(cond)
		return all, nil, err
	}
	as := []api.Condition{cond}
	switch {
	case cond.Field == api.FieldText && !c.can.Can(map[api.Op]string{api.OpFind: api.CanFindText, api.OpContains: api.CanPhrase}[cond.Op]):
		return c.words(cond, inBranch)
	case cond.Op == api.OpNone && !c.can.Can(api.CanNone):
		return nil, nil, refuse("this server can't look for events without %s: it knows whole values only", api.TitleOf(cond.Field))
	case cond.Op == api.OpWithin && !c.can.Can(api.CanWithin):
		all, err = c.net(cond)
		return all, nil, err
	case cond.Op == api.OpUnder && cond.Field == api.FieldIndicator && !c.can.Can(api.CanUnder):
		v := cond.Value()
		c.miss(v+" itself (indicator:"+v+")", "URLs and mail addresses below it")
		return []api.Condition{{Field: cond.Field, Op: api.OpEndsWith, Values: []string{"." + v}}}, nil, nil
	case cond.Op == api.OpUnder && cond.Field == api.FieldMitreAttack && !c.can.Can(api.CanUnderTech):
		return []api.Condition{{Field: cond.Field, Op: api.OpStartsWith, Values: cond.Values}}, nil, nil
	case cond.Field == api.FieldIndicator && exact(cond.Op) && !c.can.Can(api.CanCanonical):
		return spelt(cond, indicatorSpellings), nil, nil
	case cond.Field == api.FieldTLP && exact(cond.Op) && !c.can.Can(api.CanCanonical):
		return spelt(cond, tlpSpellings), nil, nil
	}
	return as, nil, nil
}

// negated says the opposite of a condition where the contract can.
func (c *compiling) negated(cond api.Condition) ([]api.Condition, error) {
	if cond.Field == api.FieldMitreAttack && cond.Op == api.OpUnder {
		var out []api.Condition
		for _, id := range withChildren(cond.Values) {
			out = append(out, api.Condition{Field: cond.Field, Op: api.OpNot, Values: []string{id}})
		}
		if len(out) <= api.MaxConditions {
			return out, nil
		}
	}
	plain := cond
	plain.Not = false
	return nil, refuse("this server can exclude whole values only, as in -attacker:NAME: it can't say -%s", FormatCondition(plain))
}

// words looks for a word in the fields that the contract can search.
func (c *compiling) words(cond api.Condition, inBranch bool) (all []api.Condition, any [][]api.Condition, err error) {
	fields := cond.Words()
	if len(fields) != 1 {
		return nil, nil, refuse("this server can't search for several words in all fields at once: search for one word, for a phrase in quotes, or name a field, as in event~~%s", quote(cond.Value()))
	}
	word := fields[0]
	one := func(f api.Field, op api.Op, v string) []api.Condition {
		return []api.Condition{{Field: f, Op: op, Values: []string{v}}}
	}
	if _, ok := indicator.TypeOf(word); !inBranch && (ok || beginsHash(word)) {
		c.miss("description", "attacker", "category", "tags", "insight", "industry")
		return one(api.FieldIndicator, api.OpContains, word), nil, nil
	}
	for _, f := range []api.Field{api.FieldEvent, api.FieldAttacker, api.FieldCategory, api.FieldTags} {
		any = append(any, one(f, api.OpContains, word))
	}
	if id, ok := techniqueID(word); ok && word[0]|0x20 == 't' {
		any = append(any, one(api.FieldMitreAttack, api.OpStartsWith, id))
	}
	if found := countriesOf(word); len(found) > 0 {
		for _, f := range []api.Field{api.FieldTargetCountry, api.FieldAttackerCountry} {
			any = append(any, []api.Condition{{Field: f, Op: api.OpIn, Values: found}})
		}
	}
	c.miss("indicators", "insight", "industry")
	return nil, any, nil
}

// countriesOf are the codes of the countries that a bare word means: a code
// only in capitals.
func countriesOf(word string) []string {
	if len(word) <= 3 && word != strings.ToUpper(word) {
		return nil
	}
	var out []string
	for _, c := range api.CountriesNamed(word) {
		out = append(out, c.Alpha2)
	}
	return out
}

// net finds the addresses of a net by their beginnings, or one by one.
func (c *compiling) net(cond api.Condition) ([]api.Condition, error) {
	p, err := api.ParseNet(cond.Value())
	if err != nil {
		return nil, refuse("%q is no net", cond.Value())
	}
	if !p.Addr().Is4() {
		return nil, refuse("this server can't search IPv6 nets: write the beginning of the addresses, as in indicator:2001:db8:*")
	}
	octets := strings.Split(p.Addr().String(), ".")
	bits := p.Bits()
	if bits == 8 || bits == 16 || bits == 24 {
		beginning := strings.Join(octets[:bits/8], ".") + "."
		return []api.Condition{{Field: cond.Field, Op: api.OpStartsWith, Values: []string{beginning}}}, nil
	}
	const least = 26 // 64 addresses and the net itself: within what a list takes
	if bits >= least {
		values := []string{p.String()}
		for a := p.Addr(); p.Contains(a); a = a.Next() {
			values = append(values, a.String())
		}
		return []api.Condition{{Field: cond.Field, Op: api.OpIn, Values: values}}, nil
	}
	near := max(bits/8*8, 8)
	return nil, refuse("this server can't search a /%d: write %s or a net of /26 to /32", bits, netip.PrefixFrom(p.Addr(), near).Masked())
}

// spelt asks for all spellings of the values of a condition.
func spelt(cond api.Condition, spellings func(string) []string) []api.Condition {
	var values []string
	for _, v := range cond.Values {
		for _, s := range spellings(v) {
			if !slices.Contains(values, s) {
				values = append(values, s)
			}
		}
	}
	if len(values) == len(cond.Values) && slices.Equal(values, cond.Values) || len(values) > api.MaxInValues {
		return []api.Condition{cond}
	}
	if cond.Op == api.OpNot {
		var out []api.Condition
		for _, v := range values {
			out = append(out, api.Condition{Field: cond.Field, Op: api.OpNot, Values: []string{v}})
		}
		return out
	}
	if len(values) == 1 {
		return []api.Condition{{Field: cond.Field, Op: cond.Op, Values: values}}
	}
	return []api.Condition{{Field: cond.Field, Op: api.OpIn, Values: values}}
}

// indicatorSpellings are the forms in which data has an indicator: as it was
// typed, its canonical form, and a name in Unicode.
func indicatorSpellings(v string) []string {
	out := []string{v}
	canonical := indicator.Canonical(v)
	if canonical != "" && api.Fold(canonical) != api.Fold(v) {
		out = append(out, canonical)
	}
	if strings.Contains(canonical, "xn--") {
		if name, err := idna.ToUnicode(canonical); err == nil && name != canonical && api.Fold(name) != api.Fold(v) {
			out = append(out, name)
		}
	}
	return out
}

// tlpSpellings are the forms in which data has a marking.
func tlpSpellings(v string) []string {
	switch t, _ := api.ParseTLP(v); t {
	case api.TLPAmberStrict:
		return []string{"amber+strict", "amber-strict"}
	case api.TLPClear:
		return []string{"clear", "white"}
	}
	return []string{v}
}

// InDatasets takes the conditions on the dataset out of a query and narrows
// where it looks: names and ids are resolved among the datasets there are. A
// name that is none's or several', and a query that looks nowhere, is a 400.
func InDatasets(q api.ListQuery, known []api.Dataset) (api.ListQuery, error) {
	var wanted []api.Condition
	rest := make([]api.Condition, 0, len(q.Search))
	for _, c := range q.Search {
		if c.Field == api.FieldDataset {
			wanted = append(wanted, c)
		} else {
			rest = append(rest, c)
		}
	}
	if len(wanted) == 0 {
		return q, nil
	}
	q.Search = rest
	if len(q.Datasets) > 0 && !api.IsScope(q.Datasets[0]) {
		// Names of datasets that aren't searched are nobody's business here.
		known = slices.DeleteFunc(slices.Clone(known), func(d api.Dataset) bool { return !slices.Contains(q.Datasets, d.UUID) })
	}
	var in []string
	for _, d := range known {
		if d.DeletedAt == nil {
			in = append(in, d.UUID)
		}
	}
	for _, c := range wanted {
		ids, err := DatasetIDs(c.Values, known)
		if err != nil {
			return q, err
		}
		in = slices.DeleteFunc(in, func(id string) bool { return slices.Contains(ids, id) == c.Not })
	}
	switch {
	case len(in) == 0:
		return q, refuse("no dataset is left to search: what dataset: names and leaves out have none in common")
	case len(in) > api.MaxDatasets:
		return q, refuse("%d datasets; the API takes at most %d: name those to search", len(in), api.MaxDatasets)
	}
	q.Datasets = in
	return q, nil
}

// HasDataset reports whether a query says itself where to look.
func HasDataset(q api.ListQuery) bool {
	return slices.ContainsFunc(q.Search, func(c api.Condition) bool { return c.Field == api.FieldDataset })
}

// DatasetIDs are the ids of datasets given by name, in any case, or by id.
func DatasetIDs(names []string, known []api.Dataset) ([]string, error) {
	var out []string
	for _, name := range names {
		var found []api.Dataset
		for _, d := range known {
			if d.UUID == name || api.Fold(d.Name) == api.Fold(name) && d.DeletedAt == nil {
				found = append(found, d)
			}
		}
		switch {
		case len(found) == 0:
			return nil, refuse("there is no dataset %s among those searched, which are %s", name, datasetNames(known))
		case found[0].DeletedAt != nil:
			return nil, refuse("the dataset %s is deleted", name)
		case len(found) > 1:
			return nil, refuse("%d datasets are called %s: name one by its id, %s or %s", len(found), name, found[0].UUID, found[1].UUID)
		}
		out = append(out, found[0].UUID)
	}
	return out, nil
}

func datasetNames(known []api.Dataset) string {
	const most = 10
	var out []string
	for _, d := range known {
		if d.DeletedAt == nil {
			out = append(out, fmt.Sprintf("%q", d.Name))
		}
	}
	if len(out) > most {
		out = append(out[:most], "…")
	}
	return strings.Join(out, ", ")
}
