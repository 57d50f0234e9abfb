package queries

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"threatbench/api"
	"threatbench/api/query"
	"threatbench/ui/widget/prompt"
	"threatbench/ui/widget/toast"
	"threatbench/views"
)

// enter changes what is selected.
func (b *builder) enter() tea.Cmd {
	switch l := b.selected(); l.kind {
	case lineDatasets:
		return b.askDatasets()
	case lineOrder:
		b.chooseOrder()
	case lineAdd:
		return b.add(l.branch)
	case lineOr:
		return b.addBranch()
	case lineRow:
		r := b.rows[l.row]
		switch b.col {
		case colField:
			b.chooseField(draft{row: l.row, branch: l.branch, field: r.Field, op: r.Op})
		case colOp:
			b.chooseOp(l.row)
		default:
			return b.write(draft{row: l.row, branch: l.branch, field: r.Field, op: r.Op}, r.Values)
		}
	}
	return nil
}

// full says why a group takes no further condition, "" where it does.
func (b *builder) full(branch int) string {
	switch {
	case conditions(b.rows, branch) >= api.MaxConditions:
		return fmt.Sprintf("the API takes %d conditions here, and there are as many", api.MaxConditions)
	case branch >= api.MaxBranches:
		return fmt.Sprintf("the API takes %d branches of OR, and there are as many", api.MaxBranches)
	}
	return ""
}

func (b *builder) add(branch int) tea.Cmd {
	if why := b.full(branch); why != "" {
		b.env.Host.Say(toast.Info, why)
		return nil
	}
	b.chooseField(draft{row: -1, branch: branch})
	return nil
}

func (b *builder) addBranch() tea.Cmd { return b.add(branches(b.rows)) }

// chooseField offers the fields a group takes.
func (b *builder) chooseField(d draft) {
	var fields []api.FieldInfo
	for _, f := range query.Fields() {
		if d.branch < 0 || f.Field != api.FieldIndicator {
			fields = append(fields, f)
		}
	}
	items := make([]views.PickItem, len(fields))
	for i, f := range fields {
		items[i] = views.PickItem{Title: fmt.Sprintf("%-15s", f.Field), Detail: f.About, On: d.row >= 0 && f.Field == d.field}
	}
	title := "which field?"
	if d.branch >= 0 {
		title = "which field?  (the API takes indicator outside of OR only)"
	}
	b.env.Host.Ask(views.Pick{Title: title, Items: items, Chosen: func(i int) tea.Cmd {
		if d.row >= 0 && d.field == fields[i].Field {
			return nil
		}
		d.field = fields[i].Field
		if ops := query.OpsOf(d.field); !slices.Contains(ops, d.op) || d.row < 0 {
			d.op = ops[0]
		}
		b.col = colValue
		return b.write(d, nil)
	}})
}

// chooseOp offers the operators the field of a row takes.
func (b *builder) chooseOp(row int) {
	r := b.rows[row]
	ops := query.OpsOf(r.Field)
	items := make([]views.PickItem, len(ops))
	for i, o := range ops {
		items[i] = views.PickItem{Title: words(r.Field, o), On: o == r.Op}
	}
	b.env.Host.Ask(views.Pick{Title: string(r.Field), Items: items, Chosen: func(i int) tea.Cmd {
		d := draft{row: row, branch: r.Branch, field: r.Field, op: ops[i]}
		if len(r.Values) > 1 && !many(ops[i]) {
			b.col = colValue
			return b.write(d, r.Values[:1])
		}
		cmd, err := b.spell(d, r.Values)
		if err != nil { // the value doesn't suit the operator
			b.col = colValue
			return b.write(d, r.Values)
		}
		return cmd
	}})
}

// write begins editing the value of a row.
func (b *builder) write(d draft, values []string) tea.Cmd {
	b.draft, b.part, b.facet = &d, partValue, nil
	text := joinValues(values)
	if !many(d.op) {
		text = strings.Join(values, " ")
	}
	b.input.SetValue(text)
	b.input.Focus()
	b.showDraft()
	b.suggest()
	cmds := []tea.Cmd{b.needCatalogs()}
	if slices.Contains(api.AggregateColumns(), string(d.field)) {
		cmds = append(cmds, b.env.Async.Summary(b.slot("values"), b.valuesQuery(), 0))
	}
	return tea.Batch(cmds...)
}

// showDraft puts the cursor on the row that is written.
func (b *builder) showDraft() {
	for i, l := range b.lines() {
		if b.draft.row >= 0 && l.kind == lineRow && l.row == b.draft.row || b.draft.row < 0 && l.kind == lineAdd && l.branch == b.draft.branch {
			b.cursor = i
			return
		}
	}
}

// valuesQuery counts the values of the field under what else the filter says.
func (b *builder) valuesQuery() api.SummaryQuery {
	q := b.filterOnly()
	if b.draft.row >= 0 {
		if f, err := query.Parse(b.without(b.draft.row), b.env.Now()); err == nil {
			q.Search, q.Branches = f.Search, f.Branches
		}
	}
	return api.SummaryQuery{Filter: q, Facets: []string{string(b.draft.field)}, FacetLimit: 100}
}

// suggestMost bounds the list of values.
const suggestMost = 60

// suggest offers values for what is typed.
func (b *builder) suggest() {
	switch {
	case b.part == partText:
		b.line.SetSuggestions(views.Suggestions(query.Complete(b.line.Value(), b.line.Pos(), b.pool)))
	case b.part != partValue || b.draft == nil:
	default:
		b.input.SetSuggestions(b.values())
	}
}

func (b *builder) values() []prompt.Suggestion {
	text, field := b.input.Value(), b.draft.field
	from := 0
	if many(b.draft.op) {
		_, from = splitValues(text)
	}
	prefix := strings.Trim(text[from:], `" `)
	var out []prompt.Suggestion
	add := func(value, about string) {
		if n := b.count(field, value); n != "" {
			about = strings.TrimSpace(about + "  " + n)
		}
		s := prompt.Suggestion{Text: value, Label: views.Shown(views.OneLine(value)), Detail: about, From: from, To: len(text)}
		if many(b.draft.op) {
			s.Text = joinValues([]string{value})
		}
		if len(out) < suggestMost {
			out = append(out, s)
		}
	}
	fixed := query.Choices(field, prefix)
	for _, c := range fixed {
		add(c.Text, c.Detail)
	}
	if fixed == nil {
		for _, v := range b.pool(field, prefix) {
			add(v, "")
		}
	}
	if len(out) == 1 && strings.EqualFold(out[0].Label, prefix) {
		return nil // it is typed whole
	}
	return out
}

// acceptValue takes the typed value over.
func (b *builder) acceptValue() tea.Cmd {
	d := *b.draft
	values := []string{strings.TrimSpace(b.input.Value())}
	if many(d.op) {
		values, _ = splitValues(b.input.Value())
	}
	if len(values) == 0 || values[0] == "" {
		b.input.SetError(0, 0, "a value is needed; esc leaves it as it was")
		return nil
	}
	cmd, err := b.spell(d, values)
	if err != nil {
		b.input.SetSuggestions(nil)
		b.input.SetError(0, len(b.input.Value()), message(err))
		return nil
	}
	return cmd
}

// spell makes a row of the draft and puts it into the text.
func (b *builder) spell(d draft, values []string) (tea.Cmd, error) {
	r, err := query.Spell(d.field, d.op, values, b.env.Now())
	if err != nil {
		return nil, err
	}
	r.Branch = d.branch
	rows := slices.Clone(b.rows)
	place := 0
	if d.row >= 0 {
		rows[d.row] = r
		place = b.place(d.row)
	} else {
		for _, o := range rows {
			if o.Branch == d.branch {
				place++
			}
		}
		rows = append(rows, r)
	}
	if n := conditions(rows, d.branch); n > api.MaxConditions {
		return nil, fmt.Errorf("that makes %d conditions here; the API takes %d", n, api.MaxConditions)
	}
	was := b.part
	b.part = partForm
	cmd, err := b.edit(query.FromRows(rows))
	if err != nil {
		b.part = was
		return nil, err
	}
	b.leaveValue()
	b.seek(d.branch, place)
	return cmd, nil
}

func (b *builder) leaveValue() {
	b.draft, b.part = nil, partForm
	b.input.Blur()
	b.input.SetSuggestions(nil)
	b.input.SetError(0, 0, "")
	b.env.Async.Cancel(b.slot("values"))
	b.clamp()
}

// editText puts the focus on the text.
func (b *builder) editText() {
	b.before, b.part = b.state, partText
	b.line.Focus()
	if v := b.line.Value(); v != "" && !strings.HasSuffix(v, " ") {
		b.line.SetValue(v + " ")
	}
}

// typed follows the text: rows, count and sample go with it where it is right.
func (b *builder) typed() tea.Cmd {
	b.suggest()
	text := strings.TrimSpace(b.line.Value())
	if text == b.text {
		b.line.SetError(0, 0, "")
		return nil
	}
	cmd, err := b.put(text, typingPause)
	if err != nil {
		b.showError(err)
		return nil
	}
	b.line.SetError(0, 0, "")
	return cmd
}

func (b *builder) showError(err error) {
	var at *query.Error
	if errors.As(err, &at) {
		b.line.SetError(at.Pos, at.End, at.Msg)
		return
	}
	b.line.SetError(0, 0, err.Error())
}

// acceptText leaves the text, if it is right.
func (b *builder) acceptText() tea.Cmd {
	text := strings.TrimSpace(b.line.Value())
	if _, err := query.Rows(text, b.env.Now()); err != nil {
		b.showError(err)
		return nil
	}
	var cmd tea.Cmd
	if text != b.text {
		cmd, _ = b.put(text, 0)
	}
	if !b.before.same(b.state) {
		b.undo = append(b.undo, b.before)
	}
	b.leaveText()
	return cmd
}

func (b *builder) cancelText() tea.Cmd {
	back := b.before
	b.leaveText()
	if back.same(b.state) {
		b.line.SetValue(b.text)
		return nil
	}
	cmd, err := b.put(back.text, 0)
	if err != nil { // it was wrong when it was opened
		b.text, b.rows = "", nil
		b.line.SetValue("")
		return b.reload(0)
	}
	return cmd
}

func (b *builder) leaveText() {
	b.part = partForm
	b.line.SetSuggestions(nil)
	b.line.SetError(0, 0, "")
	b.line.Blur()
	b.line.SetValue(b.text)
	b.clamp()
}

// remove takes the selected row out.
func (b *builder) remove() tea.Cmd {
	l := b.selected()
	if l.kind != lineRow {
		return nil
	}
	return b.change(b.without(l.row))
}

// negate turns the selected row into its opposite.
func (b *builder) negate() tea.Cmd {
	l := b.selected()
	r := b.rows[l.row]
	cmd, err := b.spell(draft{row: l.row, branch: l.branch, field: r.Field, op: opposite(r)}, r.Values)
	if err != nil {
		b.env.Host.Say(toast.Warn, message(err))
	}
	return cmd
}

// moveRow offers the groups the selected row can go to.
func (b *builder) moveRow() {
	l := b.selected()
	r := b.rows[l.row]
	var to []int
	var items []views.PickItem
	for g := always; g <= branches(b.rows); g++ {
		if g == l.branch || g >= api.MaxBranches || g >= 0 && r.Field == api.FieldIndicator {
			continue
		}
		to = append(to, g)
		items = append(items, views.PickItem{Title: groupName(g, branches(b.rows)), Detail: fmt.Sprintf("%d of %d conditions", conditions(b.rows, g), api.MaxConditions)})
	}
	b.env.Host.Ask(views.Pick{Title: "move to", Items: items, Chosen: func(i int) tea.Cmd {
		if conditions(b.rows, to[i])+len(r.Conditions) > api.MaxConditions {
			b.env.Host.Say(toast.Info, b.full(to[i]))
			return nil
		}
		rows := slices.Delete(slices.Clone(b.rows), l.row, l.row+1)
		r.Branch = to[i]
		return b.change(query.FromRows(append(rows, r)))
	}})
}

func groupName(g, n int) string {
	switch {
	case g < 0:
		return "what always holds"
	case g == n:
		return "a new OR group"
	}
	return "branch " + letter(g)
}

func letter(branch int) string { return string(rune('A' + branch%26)) }

// chooseTime offers the usual stretches of time; the one chosen takes the
// place of the dates there are.
func (b *builder) chooseTime() {
	list := presets()
	items := []views.PickItem{{Title: "any time", Detail: "removes the dates"}}
	for _, p := range list {
		items = append(items, views.PickItem{Title: p.title, Detail: "date" + p.value})
	}
	items = append(items, views.PickItem{Title: "another" + b.env.Dots(), Detail: "2024-03-01, 2024-03, 2024-01..2024-06, -36h"})
	b.env.Host.Ask(views.Pick{Title: "when", Items: items, Chosen: func(i int) tea.Cmd {
		rows := slices.DeleteFunc(slices.Clone(b.rows), func(r query.Row) bool { return r.Branch < 0 && r.Field == api.FieldDate })
		rest := query.FromRows(rows)
		switch i {
		case 0:
			return b.change(rest)
		case len(items) - 1:
			b.col = colValue
			cmd := b.change(rest)
			return tea.Batch(cmd, b.write(draft{row: -1, branch: always, field: api.FieldDate, op: api.OpEquals}, nil))
		}
		one, err := query.Rows("date"+list[i-1].value, b.env.Now())
		if err != nil {
			return nil
		}
		return b.change(query.FromRows(append(one, rows...)))
	}})
}

// askDatasets offers the datasets, as soon as they are known.
func (b *builder) askDatasets() tea.Cmd {
	if len(b.catalogs.Datasets) > 0 {
		b.chooseDatasets()
		return nil
	}
	b.wantDatasets, b.catalogsAsked = true, true
	return b.env.Async.Catalogs(b.slot("catalogs"))
}

func (b *builder) chooseDatasets() {
	type choice struct{ title, id string }
	choices := []choice{{"the default dataset", ""}, {"all datasets", api.ScopeAll}, {"all but analytics", api.ScopeOperational}}
	for _, d := range b.catalogs.Datasets {
		if d.DeletedAt == nil {
			choices = append(choices, choice{d.Name, d.UUID})
		}
	}
	items := make([]views.PickItem, len(choices))
	for i, c := range choices {
		items[i] = views.PickItem{Title: views.OneLine(c.title), On: c.id == "" && len(b.datasets) == 0 || slices.Contains(b.datasets, c.id)}
	}
	b.env.Host.Ask(views.Pick{Title: "search in  (choose again to add or leave out)", Items: items, Chosen: func(i int) tea.Cmd {
		s := b.state
		s.datasets = toggled(b.datasets, choices[i].id)
		if len(s.datasets) > api.MaxDatasets {
			b.env.Host.Say(toast.Info, fmt.Sprintf("the API takes %d datasets", api.MaxDatasets))
			return nil
		}
		return b.set(s)
	}})
}

// toggled adds a dataset or leaves it out; a scope stands alone.
func toggled(now []string, id string) []string {
	if id == "" {
		return nil
	}
	if api.IsScope(id) {
		return []string{id}
	}
	out := slices.DeleteFunc(slices.Clone(now), func(d string) bool { return d == id || api.IsScope(d) })
	if slices.Contains(now, id) {
		return out
	}
	return append(out, id)
}

// chooseOrder offers by what to order, and then in which direction.
func (b *builder) chooseOrder() {
	fields := api.OrderFields()
	items := make([]views.PickItem, len(fields))
	for i, f := range fields {
		items[i] = views.PickItem{Title: f, On: f == orElse(b.orderBy, "date")}
	}
	b.env.Host.Ask(views.Pick{Title: "order by", Items: items, Chosen: func(i int) tea.Cmd {
		ways := []views.PickItem{{Title: "descending", Detail: "newest or largest first"}, {Title: "ascending", Detail: "oldest or smallest first"}}
		b.env.Host.Ask(views.Pick{Title: "order by " + fields[i], Items: ways, Chosen: func(k int) tea.Cmd {
			s := b.state
			s.orderBy, s.order = fields[i], []string{"desc", "asc"}[k]
			return b.set(s)
		}})
		return nil
	}})
}

func orElse(s, fallback string) string {
	if s == "" {
		return fallback
	}
	return s
}
