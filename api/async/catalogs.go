package async

import (
	"context"
	"maps"
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"

	"threatbench/api"
)

// Catalogs is what pickers and completion draw on. A catalogue the server
// lacks is nil.
type Catalogs struct {
	Datasets         []api.Dataset
	Categories       []api.Category
	Attackers        []string
	IndicatorTypes   []string
	TargetIndustries []string
	Countries        []api.Country
	Tags             []api.Tag
}

// Names of the catalogues in CatalogsLoaded.Errs.
const (
	CatalogDatasets         = "datasets"
	CatalogCategories       = "categories"
	CatalogAttackers        = "attackers"
	CatalogIndicatorTypes   = "indicator types"
	CatalogTargetIndustries = "target industries"
	CatalogCountries        = "countries"
	CatalogTags             = "tags"
)

// CatalogsLoaded holds the catalogues there are so far, and why the others
// are missing. When one is slow the message doesn't wait for it: Pending says
// how many are still to come, and Next, to be returned from Update, brings the
// next message. Each message holds everything known, not just what is new.
type CatalogsLoaded struct {
	RequestTag
	Catalogs Catalogs
	Errs     map[string]error // by the name of the catalogue; empty where all came
	Pending  int
	Next     tea.Cmd
}

// catalogs is the session's copy. Each catalogue is read on its own.
type catalogs struct {
	api API

	mu    sync.Mutex
	epoch int
	now   Catalogs
	have  map[string]bool
}

func newCatalogs(a API) *catalogs { return &catalogs{api: a, have: map[string]bool{}} }

func (c *catalogs) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.epoch++
	c.now, c.have = Catalogs{}, map[string]bool{}
}

// errand reads one catalogue and returns how to put it in its place.
type errand struct {
	name string
	read func(context.Context) (func(*Catalogs), error)
}

func errandOf[T any](name string, read func(context.Context) ([]T, error), place func(*Catalogs) *[]T) errand {
	return errand{name, func(ctx context.Context) (func(*Catalogs), error) {
		list, err := read(ctx)
		return func(c *Catalogs) { *place(c) = list }, err
	}}
}

// missing lists the errands for what isn't known yet.
func (c *catalogs) missing() (todo []errand, epoch int) {
	all := []errand{
		errandOf(CatalogDatasets, c.api.Datasets, func(c *Catalogs) *[]api.Dataset { return &c.Datasets }),
		errandOf(CatalogCategories, c.api.Categories, func(c *Catalogs) *[]api.Category { return &c.Categories }),
		errandOf(CatalogAttackers, c.api.Attackers, func(c *Catalogs) *[]string { return &c.Attackers }),
		errandOf(CatalogIndicatorTypes, c.api.IndicatorTypes, func(c *Catalogs) *[]string { return &c.IndicatorTypes }),
		errandOf(CatalogTargetIndustries, c.api.TargetIndustries, func(c *Catalogs) *[]string { return &c.TargetIndustries }),
		errandOf(CatalogCountries, c.api.Countries, func(c *Catalogs) *[]api.Country { return &c.Countries }),
		errandOf(CatalogTags, c.api.Tags, func(c *Catalogs) *[]api.Tag { return &c.Tags }),
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, e := range all {
		if !c.have[e.name] {
			todo = append(todo, e)
		}
	}
	return todo, c.epoch
}

func (c *catalogs) put(name string, place func(*Catalogs), epoch int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.epoch == epoch {
		place(&c.now)
		c.have[name] = true
	}
}

func (c *catalogs) snapshot() Catalogs {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Catalogs asks for the catalogues that aren't known yet; CatalogsLoaded
// answers. What came is kept for the session; what failed is asked for again
// the next time.
func (l *Layer) Catalogs(s Slot) tea.Cmd {
	ctx, tag := l.begin(s, false)
	return func() tea.Msg {
		todo, epoch := l.known.missing()
		r := &round{
			layer: l, ctx: ctx, tag: tag, pending: len(todo),
			results: make(chan result, len(todo)), errs: map[string]error{},
		}
		for _, e := range todo {
			go r.run(e, epoch)
		}
		return r.next()
	}
}

// round is one asking for the catalogues.
type round struct {
	layer   *Layer
	ctx     context.Context
	tag     RequestTag
	pending int
	results chan result // room for all, so no errand is left waiting
	errs    map[string]error
}

type result struct {
	name  string
	err   error
	panic *panicked
}

func (r *round) run(e errand, epoch int) {
	res := result{name: e.name}
	defer func() { r.results <- res }()
	defer catch(&res.panic)
	place, err := e.read(r.ctx)
	if err != nil {
		res.err = err
		return
	}
	r.layer.known.put(e.name, place, epoch)
}

// next collects results until all are there or the wait is over, and tells.
func (r *round) next() tea.Msg {
	t := time.NewTimer(r.layer.o.CatalogWait)
	defer t.Stop()
	for before, patient := r.pending, true; r.pending > 0 && (patient || r.pending == before); {
		select {
		case res := <-r.results:
			r.take(res)
		case <-t.C:
			patient = false
		case <-r.ctx.Done():
			r.layer.finish(r.tag)
			return nil
		}
	}
	return r.tell()
}

func (r *round) take(res result) {
	res.panic.again()
	r.pending--
	if res.err != nil {
		r.errs[res.name] = res.err
	}
}

func (r *round) tell() tea.Msg {
	msg := CatalogsLoaded{RequestTag: r.tag, Catalogs: r.layer.known.snapshot(), Errs: maps.Clone(r.errs), Pending: r.pending}
	if r.pending > 0 {
		msg.Next = r.next
		return msg
	}
	if r.ctx.Err() != nil {
		return nil
	}
	r.layer.finish(r.tag)
	return msg
}
