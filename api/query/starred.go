package query

import (
	"strings"

	"threatbench/api"
	"threatbench/api/attack"
)

// starredName reads a pattern of names, target:ger* or technique:*phish*, as
// the codes or ids of all that are called so. It is nil where the pattern is
// one of ids, such as T1566*.
func (p *parser) starredName(name token, field api.Field, t token) (*node, *Error) {
	var found []string
	switch kindOf(field) {
	case api.KindCountry:
		for _, c := range api.Countries() {
			if fits(t.raw, c.Name, c.Alpha2, c.Alpha3) || fits(t.raw, c.OtherNames()...) {
				found = append(found, c.Alpha2)
			}
		}
	case api.KindTechnique:
		if beginning, _, _ := strings.Cut(t.raw, "*"); strings.Trim(beginning, "tT0123456789.") == "" && beginning != "" || strings.Trim(t.raw, "*0123456789.") == "" {
			return nil, nil
		}
		for one := range attack.Techniques() {
			if fits(t.raw, one.Name) {
				found = append(found, one.ID)
			}
		}
		found = withChildren(found)
	default:
		return nil, nil
	}
	info, _ := api.FieldOf(field)
	switch {
	case len(found) == 0:
		return nil, p.fail(t, "no %s is called %s", info.Title, t.raw)
	case len(found) > api.MaxInValues:
		return nil, p.fail(t, "%d are called so; the API takes at most %d values: write more of the name", len(found), api.MaxInValues)
	}
	return p.one(api.Condition{Field: field, Op: api.OpIn, Values: found}, name, t), nil
}

// fits reports whether a pattern with * is one of the names, whatever the case.
func fits(pattern string, names ...string) bool {
	parts := strings.Split(api.Fold(pattern), "*")
	for _, name := range names {
		if fitsParts(parts, api.Fold(name)) {
			return true
		}
	}
	return false
}

// fitsParts reports whether a name is the parts in their order, with anything
// between them.
func fitsParts(parts []string, name string) bool {
	rest, ok := strings.CutPrefix(name, parts[0])
	if !ok || len(parts) == 1 {
		return ok && rest == ""
	}
	last := len(parts) - 1
	for _, part := range parts[1:last] {
		i := strings.Index(rest, part)
		if i < 0 {
			return false
		}
		rest = rest[i+len(part):]
	}
	return strings.HasSuffix(rest, parts[last])
}
