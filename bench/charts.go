package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"threatbench/api"
	"threatbench/api/client"
	"threatbench/theme"
	"threatbench/ui/widget/graph"
)

// chartBudget is how long a chart may take to show over 1,000,000 events;
// layoutBudget, a graph of 500 nodes to be laid out and drawn.
const (
	chartBudget  = 300 * time.Millisecond
	layoutBudget = 50 * time.Millisecond
)

// measureCharts times what the charts ask, each cold, on a database that has
// just been opened, and warm; then the graph's layout, which needs no server.
func measureCharts(ctx context.Context, path string, _ int, t *table) error {
	for _, c := range chartQuestions() {
		if err := measureChart(ctx, path, t, c); err != nil {
			return fmt.Errorf("%s: %w", c.what, err)
		}
	}
	return measureLayout(t)
}

// chartQuestion is what a chart asks one after the other.
type chartQuestion struct {
	what string
	asks []api.GroupQuery
}

// chartQuestions are the kinds of charts, as views/charts asks for them.
func chartQuestions() []chartQuestion {
	const most = 10_000
	all := api.ListQuery{Datasets: []string{api.ScopeAll}}
	one := all
	one.Search = []api.Condition{{Field: api.FieldAttacker, Op: api.OpEquals, Values: []string{"HOLLOWMAGPIE"}}}
	days := func(from, to string) api.ListQuery {
		q := all
		q.Search = []api.Condition{
			{Field: api.FieldDate, Op: api.OpGte, Values: []string{from}}, {Field: api.FieldDate, Op: api.OpLte, Values: []string{to}},
		}
		return q
	}
	by := func(f api.ListQuery, b api.Bucket, columns ...string) api.GroupQuery {
		return api.GroupQuery{Filter: f, Columns: columns, Bucket: b, Limit: most, ByKey: b != "" && len(columns) == 0}
	}
	shown := by(days("2025-12-07", "2026-02-28"), api.BucketDay, "attacker")
	shown.Filter.Search = append(shown.Filter.Search, api.Condition{Field: api.FieldAttacker, Op: api.OpIn, Values: []string{
		"CRIMSONKELP", "DRIFTINGHERON", "HOLLOWMAGPIE", "OCHREWOLFHOUND", "COPPERMANTIS", "SPARKLINGNEWT", "LEADENSWAN",
	}})
	return []chartQuestion{
		{"bars by attacker", []api.GroupQuery{by(all, "", "attacker")}},
		{"bars by tag, one attacker", []api.GroupQuery{by(one, "", "tags")}},
		{"bars by attacker, split by industry", []api.GroupQuery{by(all, "", "attacker", "targetIndustry")}},
		{"over time by day", []api.GroupQuery{by(all, api.BucketDay)}},
		{"over time by week, split by category", []api.GroupQuery{by(all, api.BucketDay), by(all, api.BucketWeek, "category")}},
		{"heatmap of attacker and category", []api.GroupQuery{by(all, "", "attacker", "category")}},
		{"flow from country to country", []api.GroupQuery{by(all, "", "attackerCountry", "targetCountry")}},
		{"ATT&CK matrix", []api.GroupQuery{by(all, "", "mitreAttack")}},
		{"kill chain by category", []api.GroupQuery{by(all, "", "killChain", "category")}},
		{"90 days against the 90 before", []api.GroupQuery{
			by(days("2025-12-01", "2026-02-28"), "", "attacker"), by(days("2025-09-02", "2025-11-30"), "", "attacker"),
		}},
		{"activity of seven attackers", []api.GroupQuery{shown}},
	}
}

func measureChart(ctx context.Context, path string, t *table, q chartQuestion) error {
	c, done, err := connect(ctx, path)
	if err != nil {
		return err
	}
	defer func() { _ = done() }() // only read
	if _, err := c.Datasets(ctx); err != nil {
		return fmt.Errorf("reading the datasets: %w", err)
	}
	cold, err := askAll(ctx, c, q.asks)
	if err != nil {
		return err
	}
	t.took("charts", q.what+", cold", cold, chartBudget)
	var warm []time.Duration
	for range runs {
		d, err := askAll(ctx, c, q.asks)
		if err != nil {
			return err
		}
		warm = append(warm, d)
	}
	t.took("charts", q.what+", warm", quantile(warm, 0.5), chartBudget)
	return nil
}

func askAll(ctx context.Context, c *client.Client, asks []api.GroupQuery) (time.Duration, error) {
	start := time.Now()
	for _, q := range asks {
		if _, err := c.Groups(ctx, q); err != nil {
			return 0, fmt.Errorf("counting: %w", err)
		}
	}
	return time.Since(start), nil
}

// measureLayout times a graph of 500 nodes from nothing to its drawing: a tree
// with cross edges, as relationships are, and one of groups whose events all
// refer to each other.
func measureLayout(t *table) error {
	st, err := theme.Load("dark", true, false)
	if err != nil {
		return fmt.Errorf("loading the theme: %w", err)
	}
	for _, g := range []struct {
		what  string
		graph graph.Graph
	}{{"500 nodes, a tree with cross edges", tangle(500)}, {"500 nodes, groups that refer to each other", circles(500)}} {
		for _, z := range []struct {
			name string
			zoom graph.Zoom
		}{{"near", graph.Full}, {"compact", graph.Compact}, {"overview", graph.Overview}} {
			var list []time.Duration
			for range runs {
				start := time.Now()
				m := graph.New(st)
				m.SetSiblings(0)
				m.SetForm(graph.Drawing)
				m.Set(g.graph)
				m.SetZoom(z.zoom)
				m.Lines(120, 40)
				list = append(list, time.Since(start))
			}
			t.took("graph", g.what+", "+z.name, quantile(list, 0.5), layoutBudget)
		}
	}
	return nil
}

func node(i int) string { return fmt.Sprintf("n%d", i) }

func tangle(n int) graph.Graph {
	dice := rand.New(rand.NewPCG(1, 2))
	g := graph.Graph{Kinds: []graph.Kind{{Label: "caused_by"}, {Label: "related_to", Line: graph.Heavy}}, Roots: []string{node(0)}}
	for i := range n {
		g.Nodes = append(g.Nodes, graph.Node{ID: node(i), Label: fmt.Sprintf("event number %d of a campaign", i)})
		if i > 0 {
			g.Edges = append(g.Edges, graph.Edge{From: node(dice.IntN((i + 3) / 4)), To: node(i), Kind: i % 2})
		}
		if i > 0 && i%5 == 0 {
			g.Edges = append(g.Edges, graph.Edge{From: node(dice.IntN(i)), To: node(dice.IntN(i)), Weak: i%10 == 0})
		}
	}
	return g
}

// circles are groups of five that refer to each other, each hung under one of
// those before.
func circles(n int) graph.Graph {
	g := graph.Graph{Kinds: []graph.Kind{{Label: "refers to"}}, Roots: []string{node(0)}}
	for i := range n {
		g.Nodes = append(g.Nodes, graph.Node{ID: node(i), Label: fmt.Sprintf("event number %d", i)})
		first := i / 5 * 5
		for j := first; j < i; j++ {
			g.Edges = append(g.Edges, graph.Edge{From: node(j), To: node(i), Weak: true}, graph.Edge{From: node(i), To: node(j), Weak: true})
		}
		if i == first && i > 0 {
			g.Edges = append(g.Edges, graph.Edge{From: node(i / 10), To: node(i)})
		}
	}
	return g
}
