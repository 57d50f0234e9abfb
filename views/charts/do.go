package charts

import (
	tea "charm.land/bubbletea/v2"

	"threatbench/api"
	"threatbench/api/async"
	"threatbench/api/query"
	"threatbench/ui/widget/toast"
	"threatbench/views"
)

// open goes to the events under the cursor.
func (m *Model) open() {
	filter, datasets, why := m.card.drill(false)
	if why != "" {
		m.env.Host.Say(toast.Info, why)
		return
	}
	m.env.Host.Visit(views.VisitEvents{Filter: filter, Datasets: datasets})
}

func (m *Model) chooseBy() {
	s := &m.card.spec
	m.chooseColumn("Count by", s.By, false, func(col string) { s.By = col })
}

func (m *Model) chooseSplit() {
	s := &m.card.spec
	m.chooseColumn("Split by", s.Split, s.Kind == Bars || s.Kind == Over, func(col string) { s.Split = col })
}

func (m *Model) swap() tea.Cmd {
	m.env.Host.Mark()
	s := &m.card.spec
	s.By, s.Split = s.Split, s.By
	return m.reload()
}

func (m *Model) nextMode() tea.Cmd {
	s := &m.card.spec
	s.Mode = next(s.modes(), s.Mode)
	return m.card.remodel()
}

func (m *Model) nextTop() tea.Cmd {
	s := &m.card.spec
	s.Top = next([]int{10, 20, 50, 100}, s.Top)
	return m.reload()
}

func (m *Model) compare() tea.Cmd {
	m.card.spec.Compare = !m.card.spec.Compare
	return m.reload()
}

// refresh asks anew for what is shown.
func (m *Model) refresh() tea.Cmd {
	switch {
	case m.console.shown:
		return m.runQuery()
	case m.board.shown:
		return m.refreshBoard()
	}
	m.env.Async.Forget()
	return m.card.load(async.Refresh)
}

func (m *Model) copy() {
	if m.console.shown {
		m.copyAnswer()
		return
	}
	m.env.Host.Copy("count", m.card.plot.note())
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

// followEvents counts what the table of events shows, whatever its filter.
func (m *Model) followEvents() tea.Cmd {
	m.card.spec.Own, m.card.spec.Saved = false, nil
	if m.follow() {
		m.env.Host.Say(toast.Info, "The chart follows the filter of Events")
	}
	return m.reload()
}

func (m *Model) popFilter() tea.Cmd {
	s := &m.card.spec
	if s.Filter == "" {
		return nil
	}
	m.env.Host.Mark()
	s.own(query.Without(s.Filter, -1), s.Datasets)
	return m.reload()
}

// askDatasets offers the datasets, as soon as they are known.
func (m *Model) askDatasets() tea.Cmd {
	if len(m.datasets) > 0 {
		m.chooseDatasets()
		return nil
	}
	m.datasetsWanted = true
	return m.env.Async.Catalogs(async.Slot{View: View, Name: "catalogs"})
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
		m.env.Host.Say(toast.Info, "A time can't be left out")
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

// rangeFrom starts a range of time at the selected column.
func (m *Model) rangeFrom() {
	if over, ok := m.card.plot.(*overPlot); ok {
		first, _, _ := over.Cursor()
		_, to := over.Range()
		over.SetRange(first, max(to, first))
	}
}

// rangeTo ends the range of time at the selected column.
func (m *Model) rangeTo() {
	over, ok := m.card.plot.(*overPlot)
	if !ok {
		return
	}
	_, last, _ := over.Cursor()
	from, _ := over.Range()
	if from < 0 {
		from = last
	}
	over.SetRange(min(from, last), last)
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
