package query

import (
	"net/netip"
	"slices"
	"strings"

	"threatbench/api"
	"threatbench/api/attack"
	"threatbench/api/indicator"
)

// What a value behind : means. Unquoted it is read as an analyst means it: a
// wildcard, a net, a country's name, a technique with its sub-techniques.
// Between quotes it is literal, but for names that can't be written without.

// anyValue is the LIKE pattern of "has one".
const anyValue = "_%"

// meant reads a value behind :, where name is what the field was called.
func (p *parser) meant(name token, field api.Field, t token) (*node, *Error) {
	v, err := p.valueOf(t)
	if err != nil {
		return nil, err
	}
	if !t.quoted {
		switch {
		case slices.Contains([]string{"none", "null", "nil", "empty"}, strings.ToLower(v)):
			c, err := p.hasNone(field, t)
			return p.one(c, name, t), err
		case strings.Trim(v, "*") == "":
			c, err := p.hasOne(field, t)
			return p.one(c, name, t), err
		case strings.Contains(v, "*") && takesText(field) && !expression(v):
			return p.starred(name, field, t)
		}
	}
	if isDate(field) {
		return p.date(field, api.OpEquals, name, t, v)
	}
	if err := p.mistaken(t, v, name.raw+":"); err != nil {
		return nil, err
	}
	if from, to, ok := stages(field, v); ok {
		both := p.one(api.Condition{Field: field, Op: api.OpGte, Values: []string{from}}, name, t)
		both.leaves = append(both.leaves, leaf{api.Condition{Field: field, Op: api.OpLte, Values: []string{to}}, name.pos, t.end})
		return both, nil
	}
	c, err := p.plain(name, field, t, v)
	return p.one(c, name, t), err
}

// one is a term of one condition.
func (p *parser) one(c api.Condition, name, t token) *node {
	return &node{leaves: []leaf{{c, name.pos, t.end}}}
}

func takesText(field api.Field) bool {
	return slices.Contains(api.OpsFor(field), api.OpLike) && !isDate(field)
}

// hasNone is the condition that a field has no value.
func (p *parser) hasNone(field api.Field, t token) (api.Condition, *Error) {
	switch kindOf(field) {
	case api.KindStage:
		return api.Condition{Field: field, Op: api.OpEquals, Values: []string{"0"}}, nil
	case api.KindFlag:
		return api.Condition{Field: field, Op: api.OpEquals, Values: []string{"false"}}, nil
	}
	if isDate(field) || field == api.FieldUUID {
		return api.Condition{}, p.fail(t, "every event has a value there: this finds nothing")
	}
	return api.Condition{Field: field, Op: api.OpNone}, nil
}

// hasOne is the condition that a field has a value.
func (p *parser) hasOne(field api.Field, t token) (api.Condition, *Error) {
	switch kindOf(field) {
	case api.KindStage:
		return api.Condition{Field: field, Op: api.OpNot, Values: []string{"0"}}, nil
	case api.KindFlag:
		return api.Condition{Field: field, Op: api.OpEquals, Values: []string{"true"}}, nil
	}
	if isDate(field) || field == api.FieldUUID {
		return api.Condition{}, p.fail(t, "every event has a value there; leave it out")
	}
	return api.Condition{Field: field, Op: api.OpLike, Values: []string{anyValue}}, nil
}

// starred reads an unquoted value with * in it; ? is itself.
func (p *parser) starred(name token, field api.Field, t token) (*node, *Error) {
	if n, err := p.starredName(name, field, t); n != nil || err != nil {
		return n, err
	}
	v := t.raw
	if field == api.FieldIndicator {
		v = indicator.Refang(v)
	}
	if rest, ok := strings.CutPrefix(v, "*."); ok && below(name.raw) && !strings.Contains(rest, "*") {
		return p.one(api.Condition{Field: field, Op: api.OpUnder, Values: []string{rest}}, name, t), nil
	}
	var parts []part
	for i := range len(v) {
		star := part{v[i], v[i] == '*'}
		if star.wild && len(parts) > 0 && parts[len(parts)-1] == star {
			continue
		}
		parts = append(parts, star)
	}
	op, v, msg := wildcard(parts)
	if msg != "" {
		return nil, p.fail(t, "%s", msg)
	}
	return p.one(api.Condition{Field: field, Op: op, Values: []string{v}}, name, t), nil
}

// below reports whether a name of the indicator asks for all below a domain.
func below(name string) bool {
	return slices.Contains([]string{"domain", "host", "hostname", "fqdn"}, strings.ToLower(name))
}

// plain reads a value without wildcards, of a field that is no date.
func (p *parser) plain(name token, field api.Field, t token, v string) (api.Condition, *Error) {
	c := api.Condition{Field: field, Op: api.OpEquals, Values: []string{v}}
	switch kindOf(field) {
	case api.KindProse:
		c.Op = api.OpContains // nobody looks for a whole description; field="text" does
		return c, nil
	case api.KindIndicator:
		return indicatorMeant(name, t, v), nil
	case api.KindTechnique:
		return p.technique(t, v)
	case api.KindCountry:
		return p.country(field, t, v)
	}
	var err *Error
	c.Values[0], err = p.scalar(field, api.OpEquals, t, v)
	return c, err
}

// indicatorMeant reads an indicator: a net, a domain with all below it, the
// beginning of a hash, or one value.
func indicatorMeant(name, t token, v string) api.Condition {
	c := api.Condition{Field: api.FieldIndicator, Op: api.OpEquals, Values: []string{v}}
	if below(name.raw) {
		c.Op = api.OpUnder
	}
	if t.quoted {
		return c
	}
	v = numbered(strings.ToLower(name.raw), indicator.Refang(v))
	c.Values[0] = v
	switch {
	case maybeBeginning(name.raw, v):
		c.Op = api.OpStartsWith
	case isNet(v):
		c.Op = api.OpWithin
	case c.Op == api.OpUnder:
		c.Values[0] = strings.TrimSuffix(v, ".")
	case beginsHash(v):
		c.Op = api.OpStartsWith
	}
	return c
}

// numbered writes the number behind cve: or asn: as indicators have it.
func numbered(name, v string) string {
	digits := strings.Trim(v, "0123456789-") == "" && v != ""
	switch {
	case name == "cve" && digits && strings.Contains(v, "-"):
		return "CVE-" + v
	case name == "asn" && digits && !strings.Contains(v, "-"):
		return "AS" + v
	}
	return v
}

// maybeBeginning reports whether a value behind hash:, md5:, sha256: and so on
// may be the beginning of a hash: any digits but those of the whole one.
func maybeBeginning(name, v string) bool {
	whole, ok := map[string]int{"hash": 128, "md5": 32, "sha1": 40, "sha256": 64, "sha512": 128}[strings.ToLower(name)]
	if !ok || len(v) < 4 || len(v) >= whole {
		return false
	}
	return strings.Trim(strings.ToLower(v), "0123456789abcdef") == ""
}

// stages reads a range of the kill chain, 3..5 or 3-5.
func stages(field api.Field, v string) (from, to string, ok bool) {
	if kindOf(field) != api.KindStage {
		return "", "", false
	}
	for _, sign := range []string{"..", "-"} {
		a, b, cut := strings.Cut(v, sign)
		from, ok1 := stage(a)
		to, ok2 := stage(b)
		if cut && ok1 && ok2 && from <= to && len(from) == 1 && len(to) == 1 {
			return from, to, true
		}
	}
	return "", "", false
}

// isNet reports whether a value is a net as CIDR writes it.
func isNet(v string) bool {
	_, err := netip.ParsePrefix(v)
	return err == nil
}

// beginsHash reports whether a value looks like the beginning of a hash: at
// least 8 digits of base 16 that are no whole hash.
func beginsHash(v string) bool {
	const least, sure = 8, 16
	if len(v) < least || slices.Contains([]int{32, 40, 64, 96, 128}, len(v)) || len(v) > 128 {
		return false
	}
	letters := false
	for i := range len(v) {
		c := v[i] | 0x20
		digit := v[i] >= '0' && v[i] <= '9'
		if !digit && (c < 'a' || c > 'f') {
			return false
		}
		letters = letters || !digit
	}
	return letters || len(v) >= sure
}

// country reads a country by its codes, its name or the beginning of it.
func (p *parser) country(field api.Field, t token, v string) (api.Condition, *Error) {
	c := api.Condition{Field: field, Op: api.OpEquals, Values: []string{v}}
	if t.quoted && len(v) <= 3 {
		return c, nil
	}
	found := api.CountriesNamed(v)
	switch {
	case len(found) == 1:
		c.Values[0] = found[0].Alpha2
	case len(found) > 1:
		c.Op, c.Values = api.OpIn, nil
		for _, one := range found {
			c.Values = append(c.Values, one.Alpha2)
		}
	case len(v) > 3 && !t.quoted:
		return c, p.fail(t, "no country is called %s: write a code such as DE or DEU, or a name; in quotes it is looked for as it stands", v)
	}
	return c, nil
}

// technique reads a technique: an id, with its sub-techniques, or a name.
func (p *parser) technique(t token, v string) (api.Condition, *Error) {
	c := api.Condition{Field: api.FieldMitreAttack, Op: api.OpEquals, Values: []string{v}}
	if id, ok := techniqueID(v); ok {
		if t.quoted {
			return c, nil
		}
		c.Values[0] = id
		if !strings.Contains(id, ".") {
			c.Op = api.OpUnder
		}
		return c, nil
	}
	ids := techniquesNamed(v)
	switch {
	case len(ids) == 0 && t.quoted:
		return c, nil
	case len(ids) == 0:
		return c, p.fail(t, "no technique is called %s: write an id such as T1566 or a name such as phishing; in quotes it is looked for as it stands", v)
	case len(ids) == 1 && !strings.Contains(ids[0], "."):
		c.Op, c.Values = api.OpUnder, ids
	case len(ids) == 1:
		c.Values = ids
	default:
		c.Op, c.Values = api.OpIn, withChildren(ids)
	}
	if len(c.Values) > api.MaxInValues {
		return c, p.fail(t, "%d techniques are called so; the API takes at most %d values: write more of the name", len(c.Values), api.MaxInValues)
	}
	return c, nil
}

// techniqueID is the id as ATT&CK writes it: t1566 and 1566 are T1566.
func techniqueID(v string) (string, bool) {
	id := strings.ToUpper(v)
	if !strings.HasPrefix(id, "T") {
		id = "T" + id
	}
	parent, sub, dotted := strings.Cut(id[1:], ".")
	if len(parent) != 4 || strings.Trim(parent, "0123456789") != "" {
		return "", false
	}
	if dotted && (len(sub) != 3 || strings.Trim(sub, "0123456789") != "") {
		return "", false
	}
	return id, true
}

// techniquesNamed are the ids of the techniques of that name, else of those
// whose name holds it.
func techniquesNamed(v string) []string {
	want := api.Fold(strings.Join(strings.Fields(strings.NewReplacer("-", " ", "_", " ").Replace(v)), " "))
	var exact, holding []string
	for t := range attack.Techniques() {
		own := api.Fold(t.Name)
		switch {
		case own == want:
			exact = append(exact, t.ID)
		case len(want) >= 4 && strings.Contains(strings.ReplaceAll(own, "-", " "), want):
			holding = append(holding, t.ID)
		}
	}
	if len(exact) > 0 {
		return exact
	}
	return holding
}

// withChildren adds to techniques the sub-techniques that are known.
func withChildren(ids []string) []string {
	out := slices.Clone(ids)
	for t := range attack.Techniques() {
		if parent := t.Parent(); parent != "" && slices.Contains(ids, parent) && !slices.Contains(out, t.ID) {
			out = append(out, t.ID)
		}
	}
	return out
}

// word reads a bare word: searched for in everything an event says.
func (p *parser) word(t token) (*node, *Error) {
	v := t.raw
	if err := p.mistaken(t, v, ""); err != nil {
		return nil, err
	}
	if name, ok := strings.CutPrefix(v, ":"); ok && known(name) {
		return nil, p.fail(t, "a condition is written %s:value, as in attacker:NAME", name)
	}
	plain := indicator.Refang(tidy(v))
	if isNet(plain) {
		c := api.Condition{Field: api.FieldIndicator, Op: api.OpWithin, Values: []string{plain}}
		return &node{leaves: []leaf{{c, t.pos, t.end}}}, nil
	}
	v = strings.Trim(plain, "*")
	switch {
	case v == "":
		return nil, p.fail(t, "this matches everything; leave it out")
	case strings.Contains(v, "*"):
		return nil, p.fail(t, "words are found anywhere, without *: write %s, or a field as in indicator:%s", strings.ReplaceAll(v, "*", " "), t.raw)
	}
	if isID(v) { // of an event, or of something that events tell of
		id := leaf{api.Condition{Field: api.FieldUUID, Op: api.OpEquals, Values: []string{strings.ToLower(v)}}, t.pos, t.end}
		return &node{kind: nodeOr, pos: t.pos, end: t.end, kids: []*node{
			{pos: t.pos, end: t.end, text: "uuid:" + id.Value(), leaves: []leaf{id}},
			{pos: t.pos, end: t.end, text: quote(v), leaves: []leaf{{findWords(v), t.pos, t.end}}},
		}}, nil
	}
	return &node{kind: nodeWord, leaves: []leaf{{findWords(v), t.pos, t.end}}}, nil
}

// mistaken refuses an unquoted value that looks like what other languages take
// for an operator, or like a net that can't be; before is what is written
// before it.
func (p *parser) mistaken(t token, v, before string) *Error {
	if t.quoted {
		return nil
	}
	if parts := strings.FieldsFunc(v, func(r rune) bool { return r == '|' || r == '&' && strings.Contains(v, "&&") }); strings.Contains(v, "|") || strings.Contains(v, "&&") {
		switch {
		case len(parts) == 0:
			return p.fail(t, "%s is no operator: write OR between terms, and a space for AND; quote it to search for it", v)
		case slices.ContainsFunc(parts, func(part string) bool { _, ok := indicator.TypeOf(part); return ok }):
			return nil // an indicator made of several
		case before != "":
			return p.fail(t, "several values are %s(%s); quote it to search for it as it stands", before, strings.Join(parts, " OR "))
		}
		return p.fail(t, "write %s; quote it to search for it as it stands", strings.Join(parts, " OR "))
	}
	if expression(v) {
		return p.fail(t, "regular expressions aren't understood: write the word, or a pattern with * as in attacker:drift*")
	}
	if around, ok := spanOfAddresses(indicator.Refang(v)); ok {
		return p.fail(t, "a span of addresses can't be asked for: write ip:%s, which holds it", around)
	}
	if rest := strings.TrimLeft(v, "!-"); before != "" && rest != v && rest != "" && !strings.HasPrefix(v, "--") && before != "uuid:" {
		if strings.HasPrefix(v, "!") || strings.EqualFold(before, "tlp:") {
			return p.fail(t, "the sign of what is not meant stands before the field: write -%s%s", before, rest)
		}
	}
	addr, bits, ok := strings.Cut(indicator.Refang(v), "/")
	if a, err := netip.ParseAddr(addr); ok && err == nil && bits != "" && strings.Trim(bits, "0123456789") == "" && !isNet(addr+"/"+bits) {
		return p.fail(t, "there is no net /%s of %s: it is /0 to /%d; quote it to search for it as it stands", bits, addr, a.BitLen())
	}
	return nil
}

// findWords is the search for words in everything an event says.
func findWords(v string) api.Condition {
	return api.Condition{Field: api.FieldText, Op: api.OpFind, Values: []string{v}}
}

// either is a term of which one condition has to hold.
func either(conds []api.Condition, pos, end int) *node {
	n := &node{kind: nodeOr, pos: pos, end: end}
	for _, c := range conds {
		n.kids = append(n.kids, &node{pos: pos, end: end, text: FormatCondition(c), leaves: []leaf{{c, pos, end}}})
	}
	return n
}

// negate turns a term into its opposite.
func negate(n *node) *node {
	if n.kind == nodeAnd || n.kind == nodeOr {
		out := &node{kind: nodeOr + nodeAnd - n.kind, pos: n.pos, end: n.end}
		for _, k := range n.kids {
			out.kids = append(out.kids, negate(k))
		}
		return out
	}
	if c := n.leaves[0].Condition; len(n.leaves) == 1 && c.Op == api.OpIn && !c.Not && c.Field != api.FieldDataset {
		return noneOf(n)
	}
	var conds []api.Condition
	for _, l := range n.leaves {
		conds = append(conds, Opposite(l.Condition))
	}
	if len(conds) > 1 {
		return either(conds, n.pos, n.end)
	}
	out := &node{pos: n.pos, end: n.end, leaves: []leaf{{conds[0], n.leaves[0].pos, n.leaves[0].end}}}
	if n.text != "" {
		out.text = FormatCondition(conds[0])
	}
	return out
}

// noneOf excludes each value of a list.
func noneOf(n *node) *node {
	out := &node{pos: n.pos, end: n.end}
	in := n.leaves[0]
	for _, v := range in.Values {
		out.leaves = append(out.leaves, leaf{api.Condition{Field: in.Field, Op: api.OpNot, Values: []string{v}}, in.pos, in.end})
	}
	return out
}

// HasValue is the condition that a field has a value, or that it doesn't; ""
// stands for events without one.
func HasValue(field api.Field, value string, exclude bool) api.Condition {
	c := api.Condition{Field: field, Op: api.OpEquals, Values: []string{value}}
	if value == "" {
		c = api.Condition{Field: field, Op: api.OpNone}
	}
	if exclude {
		return Opposite(c)
	}
	return c
}

// Opposite is the condition that holds where another doesn't. Of a field with
// several values it holds where none of them satisfies the other.
func Opposite(c api.Condition) api.Condition {
	if c.Not {
		c.Not = false
		return c
	}
	switch {
	case c.Field == api.FieldDataset:
		c.Not = true
		return c
	case c.Op == api.OpNone:
		return api.Condition{Field: c.Field, Op: api.OpLike, Values: []string{anyValue}}
	case c.Op == api.OpLike && c.Value() == anyValue:
		return api.Condition{Field: c.Field, Op: api.OpNone}
	}
	opposite := map[api.Op]api.Op{api.OpEquals: api.OpNot, api.OpNot: api.OpEquals}[c.Op]
	if !isList(c.Field) && opposite == "" {
		opposite = map[api.Op]api.Op{api.OpGt: api.OpLte, api.OpGte: api.OpLt, api.OpLt: api.OpGte, api.OpLte: api.OpGt}[c.Op]
	}
	if opposite == "" {
		c.Not = true
		return c
	}
	c.Op = opposite
	return c
}
