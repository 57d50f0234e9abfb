package ui_test

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"threatbench/api"
	"threatbench/ui"
)

// saver is a fake that keeps queries and alerts. Without alerts it is as a
// server that lacks them.
type saver struct {
	*fake
	queries  []api.SavedQuery
	alerts   []api.Alert
	inbox    []api.Notification
	noAlerts bool
	last     int64
}

func newSaver(n int) *saver {
	s := &saver{fake: newFake(n)}
	for _, q := range []struct{ name, json string }{
		{"Magpie at work", `{"search":[{"field":"attacker","op":"equals","value":"HOLLOWMAGPIE"}],"datasetId":["all"]}`},
		{"Red phishing", `{"search":[{"field":"tlp","op":"equals","value":"red"}],"searchBranches":[[{"field":"category","op":"equals","value":"Phishing"}],[{"field":"tags","op":"equals","value":"phishing"}]]}`},
		{"From elsewhere", `{"search":[{"field":"shoeSize","op":"equals","value":"44"}]}`},
	} {
		s.last++
		s.queries = append(s.queries, api.SavedQuery{ID: s.last, Name: q.name, QueryJSON: q.json, UserEmail: "ana@team.example", UpdatedAt: api.TimeOf(noon.AddDate(0, 0, -20))})
	}
	s.alerts = []api.Alert{{ID: 71, QueryID: 1, Enabled: true, Frequency: api.Immediate, NotificationType: "ans", UserEmail: "ana@team.example"}}
	return s
}

// saverProgram makes the model of a workbench on s.
func saverProgram(s *saver) func() tea.Model {
	return func() tea.Model { return model(ui.Options{API: s}) }
}

func (s *saver) SavedQueries(ctx context.Context) ([]api.SavedQuery, error) {
	err := s.openVisit(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.queries), err
}

func (s *saver) SavedQuery(ctx context.Context, id int64) (api.SavedQuery, error) {
	if err := s.openVisit(ctx); err != nil {
		return api.SavedQuery{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.queries, func(q api.SavedQuery) bool { return q.ID == id })
	if i < 0 {
		return api.SavedQuery{}, api.Errorf(404, "no query %d", id)
	}
	return s.queries[i], nil
}

func (s *saver) CreateSavedQuery(ctx context.Context, in api.NewSavedQuery) (api.SavedQuery, error) {
	if err := s.openVisit(ctx); err != nil {
		return api.SavedQuery{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if slices.ContainsFunc(s.queries, func(q api.SavedQuery) bool { return q.Name == in.Name }) {
		return api.SavedQuery{}, api.Errorf(409, "there is a query named %s", in.Name)
	}
	s.last++
	q := api.SavedQuery{ID: s.last, Name: in.Name, QueryJSON: in.QueryJSON, UserEmail: "me@team.example", UpdatedAt: api.TimeOf(noon), CreatedAt: api.TimeOf(noon)}
	s.queries = append(s.queries, q)
	return q, nil
}

func (s *saver) UpdateSavedQuery(ctx context.Context, id int64, p api.SavedQueryPatch) (api.SavedQuery, error) {
	q, err := s.SavedQuery(ctx, id)
	if err != nil {
		return q, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if p.Name != nil {
		q.Name = *p.Name
	}
	if p.QueryJSON != nil {
		q.QueryJSON = *p.QueryJSON
	}
	s.queries[slices.IndexFunc(s.queries, func(o api.SavedQuery) bool { return o.ID == id })] = q
	return q, nil
}

func (s *saver) DeleteSavedQuery(ctx context.Context, id int64) error {
	err := s.openVisit(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.queries = slices.DeleteFunc(s.queries, func(q api.SavedQuery) bool { return q.ID == id })
	s.alerts = slices.DeleteFunc(s.alerts, func(a api.Alert) bool { return a.QueryID == id })
	return err
}

func (s *saver) alertable() error {
	if s.noAlerts {
		return errNoAlerts
	}
	return nil
}

func (s *saver) Alerts(ctx context.Context) ([]api.Alert, error) {
	if err := s.openVisit(ctx); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.alerts), s.alertable()
}

func (s *saver) Alert(ctx context.Context, id int64) (api.Alert, error) {
	if err := s.openVisit(ctx); err != nil {
		return api.Alert{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.alerts, func(a api.Alert) bool { return a.ID == id })
	if i < 0 {
		return api.Alert{}, api.Errorf(404, "no alert %d", id)
	}
	return s.alerts[i], nil
}

func (s *saver) CreateAlert(ctx context.Context, in api.NewAlert) (api.Alert, error) {
	if err := s.openVisit(ctx); err != nil {
		return api.Alert{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last++
	a := api.Alert{ID: s.last + 70, QueryID: in.QueryID, Enabled: in.Enabled == nil || *in.Enabled, Frequency: in.Frequency, NotificationType: in.NotificationType}
	s.alerts = append(s.alerts, a)
	return a, nil
}

func (s *saver) UpdateAlert(ctx context.Context, id int64, p api.AlertPatch) (api.Alert, error) {
	a, err := s.Alert(ctx, id)
	if err != nil {
		return a, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if p.Enabled != nil {
		a.Enabled = *p.Enabled
	}
	if p.Frequency != nil {
		a.Frequency = *p.Frequency
	}
	if p.NotificationType != nil {
		a.NotificationType = *p.NotificationType
	}
	s.alerts[slices.IndexFunc(s.alerts, func(o api.Alert) bool { return o.ID == id })] = a
	return a, nil
}

func (s *saver) DeleteAlert(ctx context.Context, id int64) error {
	err := s.openVisit(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.alerts = slices.DeleteFunc(s.alerts, func(a api.Alert) bool { return a.ID == id })
	return err
}

func (s *saver) Inbox(ctx context.Context, q api.InboxQuery) (api.Inbox, error) {
	if err := s.openVisit(ctx); err != nil {
		return api.Inbox{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return api.Inbox{Notifications: slices.Clone(s.inbox), Info: api.ResultInfo{TotalCount: len(s.inbox)}}, s.alertable()
}

func (s *saver) MarkRead(ctx context.Context, ids []int64, read bool) error {
	err := s.openVisit(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.inbox {
		if slices.Contains(ids, s.inbox[i].ID) {
			s.inbox[i].Read = read
		}
	}
	return err
}

// fire puts an entry into the inbox.
func (s *saver) fire(query int64, name string, ids ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inbox = slices.Insert(s.inbox, 0, api.Notification{
		ID: int64(len(s.inbox) + 1), AlertID: 71, QueryID: query, QueryName: name, At: api.TimeOf(noon.Add(-time.Hour)), Count: len(ids), EventIDs: ids,
	})
}

// filterOf is what a saved query holds.
func (s *saver) filterOf(name string) (q api.ListQuery) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, o := range s.queries {
		if o.Name == name {
			_ = json.Unmarshal([]byte(o.QueryJSON), &q)
		}
	}
	return q
}
