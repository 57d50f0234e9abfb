package charts

import (
	tea "charm.land/bubbletea/v2"

	"threatbench/api"
	"threatbench/api/async"
	"threatbench/api/query"
	"threatbench/keymap"
	"threatbench/ui/widget/toast"
	"threatbench/views"
)

// Do carries out an action.
func (m *Model) Do(id keymap.ID) (tea.Cmd, bool) {
	tries := []func(keymap.ID) (tea.Cmd, bool){m.doMove, m.doChart, m.doCounted, m.doRange}
	switch {
	case m.console.shown:
		tries = []func(keymap.ID) (tea.Cmd, bool){m.doConsole}
	case m.board.shown:
		tries = []func(keymap.ID) (tea.Cmd, bool){m.doBoard}
	}
	for _, try := range tries {
		if cmd, ok := try(id); ok {
			m.changed()
			return cmd, true
		}
	}
	return nil, false
}

func (m *Model) doMove(id keymap.ID) (tea.Cmd, bool) {
	p := m.card.plot
	steps := map[keymap.ID]func(){
		keymap.ChartsUp: func() { p.move(0, -1) }, keymap.ChartsDown: func() { p.move(0, 1) },
		keymap.ChartsLeft: func() { p.move(-1, 0) }, keymap.ChartsRight: func() { p.move(1, 0) },
		keymap.ChartsPageUp: func() { p.page(-1) }, keymap.ChartsPageDown: func() { p.page(1) },
		keymap.ChartsFirst: func() { p.end(false) }, keymap.ChartsLast: func() { p.end(true) },
	}
	if id == keymap.ChartsOpen {
		m.open()
		return nil, true
	}
	step, ok := steps[id]
	if ok && p != nil {
		step()
	}
	return nil, ok
}

// open goes to the events under the cursor.
func (m *Model) open() {
	filter, datasets, why := m.card.drill(false)
	if why != "" {
		m.env.Host.Say(toast.Info, why)
		return
	}
	m.env.Host.Visit(views.VisitEvents{Filter: filter, Datasets: datasets})
}

func (m *Model) doChart(id keymap.ID) (tea.Cmd, bool) {
	s := &m.card.spec
	switch id {
	case keymap.ChartsKind:
		m.chooseKind()
		return nil, true
	case keymap.ChartsBy:
		m.chooseColumn("count by", s.By, false, func(col string) { s.By = col })
		return nil, true
	case keymap.ChartsSplit:
		m.chooseColumn("split by", s.Split, s.Kind == Bars || s.Kind == Over, func(col string) { s.Split = col })
		return nil, true
	}
	if m.Why(id) != "" {
		return nil, false
	}
	switch id {
	case keymap.ChartsSwap:
		m.env.Host.Mark()
		s.By, s.Split = s.Split, s.By
	case keymap.ChartsMode:
		s.Mode = next(s.modes(), s.Mode)
		return m.card.remodel(), true
	case keymap.ChartsTop:
		s.Top = next([]int{10, 20, 50, 100}, s.Top)
	case keymap.ChartsStep:
		return m.nextStep(), true
	case keymap.ChartsPin:
		return m.pin(), true
	case keymap.ChartsBoard:
		return m.showBoard(), true
	case keymap.ChartsConsole:
		m.env.Host.Mark()
		return m.openConsole(), true
	case keymap.ChartsExport:
		m.export()
		return nil, true
	case keymap.ChartsCompare:
		s.Compare = !s.Compare
	case keymap.AppRefresh:
		m.env.Async.Forget()
		return m.card.load(async.Refresh), true
	case keymap.AppCopy:
		m.env.Host.Copy("the count", m.card.plot.note())
		return nil, true
	default:
		return nil, false
	}
	return m.reload(), true
}

// next is the value after v in a list that goes round.
func next[T comparable](list []T, v T) T {
	for i, x := range list {
		if x == v {
			return list[(i+1)%len(list)]
		}
	}
	return list[0]
}

// nextStep goes to the next width of a step. Days add up to all wider ones, so
// that most changes ask the server nothing.
func (m *Model) nextStep() tea.Cmd {
	c := m.card
	hourly := c.hourly()
	c.spec.Bucket = next([]api.Bucket{"", api.BucketHour, api.BucketDay, api.BucketWeek, api.BucketMonth, api.BucketYear}, c.spec.Bucket)
	if c.spec.Split != "" || c.hourly() != hourly || c.busy() {
		return m.reload()
	}
	c.asked.Bucket = c.spec.Bucket
	c.build()
	return nil
}

func (m *Model) doCounted(id keymap.ID) (tea.Cmd, bool) {
	s := &m.card.spec
	switch id {
	case keymap.ChartsFilter:
		return m.typeFilter(), true
	case keymap.ChartsSaved:
		return m.wantSaved(), true
	case keymap.ChartsFollow:
		s.Own, s.Saved = false, nil
		if m.follow() {
			m.env.Host.Say(toast.Info, "the chart follows the events' filter")
		}
		return m.reload(), true
	case keymap.ChartsInclude:
		return m.narrow(false), true
	case keymap.ChartsExclude:
		return m.narrow(true), true
	case keymap.ChartsPopFilter:
		if s.Filter == "" {
			return nil, true
		}
		m.env.Host.Mark()
		s.own(query.Without(s.Filter, -1), s.Datasets)
		return m.reload(), true
	case keymap.ChartsDataset:
		if len(m.datasets) > 0 {
			m.chooseDatasets()
			return nil, true
		}
		m.datasetsWanted = true
		return m.env.Async.Catalogs(async.Slot{View: View, Name: "catalogs"}), true
	}
	return nil, false
}

// narrow leaves in the chart what is under the cursor, or all but that. A range
// of time becomes the chart's.
func (m *Model) narrow(exclude bool) tea.Cmd {
	c := m.card
	if c.plot == nil {
		return nil
	}
	p := c.plot.picked()
	if exclude && len(p.pairs) == 0 {
		m.env.Host.Say(toast.Info, "a time can't be left out")
		return nil
	}
	filter, datasets := c.spec.Filter, c.spec.Datasets
	for _, x := range p.pairs {
		var why string
		if filter, datasets, why = narrow(filter, datasets, x.col, x.value, exclude); why != "" {
			m.env.Host.Say(toast.Info, why)
			return nil
		}
	}
	if p.none() {
		return nil
	}
	m.env.Host.Mark()
	if !p.span.all() && !exclude {
		c.spec.Range = p.span.String()
	}
	if len(p.pairs) > 0 {
		c.spec.own(filter, datasets)
	}
	return m.reload()
}

func (m *Model) doRange(id keymap.ID) (tea.Cmd, bool) {
	over, isOver := m.card.plot.(*overPlot)
	switch id {
	case keymap.ChartsRange:
		m.chooseRange()
	case keymap.ChartsRangeFrom:
		if isOver {
			first, _, _ := over.Cursor()
			_, to := over.Range()
			over.SetRange(first, max(to, first))
		}
	case keymap.ChartsRangeTo:
		if isOver {
			_, last, _ := over.Cursor()
			from, _ := over.Range()
			if from < 0 {
				from = last
			}
			over.SetRange(min(from, last), last)
		}
	case keymap.ChartsRangeAll:
		return m.setRange(""), true
	case keymap.ChartsClear:
		return m.clear(), true
	default:
		return nil, false
	}
	return nil, true
}

func (m *Model) setRange(r string) tea.Cmd {
	if m.card.spec.Range == r {
		return nil
	}
	m.env.Host.Mark()
	m.card.spec.Range = r
	return m.reload()
}

// clear lets go of the range selected, else of the chart's own filter.
func (m *Model) clear() tea.Cmd {
	if over, ok := m.card.plot.(*overPlot); ok {
		if from, _ := over.Range(); from >= 0 {
			over.SetRange(-1, -1)
			return nil
		}
	}
	s := &m.card.spec
	if !s.Own || s.Filter == "" {
		return nil
	}
	m.env.Host.Mark()
	s.own("", s.Datasets)
	return m.reload()
}

// Why tells why an action can't be done now.
func (m *Model) Why(id keymap.ID) string {
	if why := m.whyBoard(id); why != "" || m.console.shown {
		return why
	}
	s := m.card.spec
	switch id {
	case keymap.ChartsSwap, keymap.ChartsMode, keymap.ChartsBy, keymap.ChartsSplit, keymap.ChartsTop:
		return s.whyColumns(id)
	case keymap.ChartsStep, keymap.ChartsRangeFrom, keymap.ChartsRangeTo:
		if s.Kind != Over {
			return "this chart has no axis of time"
		}
	case keymap.ChartsCompare:
		if s.Kind == Flow {
			return "strands can't show two times; c chooses the heatmap, which compares the same columns"
		}
		if s.Range == "" && !s.Compare {
			return "choose a time range first: t"
		}
	case keymap.ChartsOpen, keymap.ChartsExport, keymap.ChartsInclude, keymap.ChartsExclude, keymap.AppCopy:
		if m.card.plot == nil || m.card.plot.picked().none() {
			return "nothing is selected"
		}
	}
	return ""
}

// whyBoard is Why for what has to do with the dashboard.
func (m *Model) whyBoard(id keymap.ID) string {
	switch id {
	case keymap.BoardOpen, keymap.BoardUnpin, keymap.BoardEarlier, keymap.BoardLater:
		if len(m.board.cards) == 0 {
			return "nothing is pinned"
		}
	case keymap.ChartsPin:
		if len(m.board.cards) >= maxPins {
			return "the dashboard is full: B shows it, X unpins a chart"
		}
	case keymap.AppCopy:
		if m.console.shown && !m.console.have {
			return "there is no answer to copy"
		}
		if m.board.shown && !m.console.shown {
			return "enter opens the chart, where its numbers can be copied"
		}
	}
	return ""
}

// whyColumns is Why for the choice of columns.
func (s Spec) whyColumns(id keymap.ID) string {
	fixed := s.Kind == Attack || s.Kind == Chain
	switch {
	case id == keymap.ChartsSwap && (s.Split == "" || s.Kind == Over || fixed):
		return "there is no second column to swap with"
	case id == keymap.ChartsMode && len(s.modes()) < 2:
		return "only counts over time, and bars that are split, are drawn in several ways"
	case id == keymap.ChartsBy && s.Kind == Over:
		return "this chart counts by time; s splits it by a column"
	case id == keymap.ChartsBy && fixed:
		return "this chart counts by its own columns; c chooses another chart"
	case id == keymap.ChartsSplit && s.Kind == Attack:
		return "the matrix has the tactics beside the techniques; c chooses another chart"
	case id == keymap.ChartsTop && (fixed || s.Kind == Over):
		return "this chart shows all values"
	}
	return ""
}
