package server

import (
	"context"
	"net/http"
	"strings"

	"threatbench/api"
)

// datasets reads the datasets a catalogue is asked for.
func (c *call) datasets() ([]string, error) {
	p, err := c.query()
	if err != nil {
		return nil, err
	}
	ids, err := p.list("datasetIds", "datasetId")
	if err != nil {
		return nil, err
	}
	return ids, api.ListQuery{Datasets: ids}.Validate()
}

// names answers one of the catalogues that are lists of names.
func (c *call) names(list func(ctx context.Context, account string, datasets []string) ([]string, error)) error {
	ids, err := c.datasets()
	if err != nil {
		return err
	}
	names, err := list(c.ctx(), c.account, ids)
	if err != nil {
		return err
	}
	return c.ok(orEmpty(names))
}

// orEmpty keeps an empty list from being written as null.
func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

func (c *call) listAttackers() error        { return c.names(c.s.db.Attackers) }
func (c *call) listIndicatorTypes() error   { return c.names(c.s.db.IndicatorTypes) }
func (c *call) listTargetIndustries() error { return c.names(c.s.db.TargetIndustries) }

// industryCatalog lists the industries of all the account's events,
// industriesOfDataset those of one dataset's.
func (c *call) industryCatalog() error { return c.industriesOf(nil) }

func (c *call) industriesOfDataset() error {
	ids, err := c.datasetOfPath()
	if err != nil {
		return err
	}
	return c.industriesOf(ids)
}

// datasetOfPath is the dataset that the path begins with: one, no scope.
func (c *call) datasetOfPath() ([]string, error) {
	if api.IsScope(c.params[0]) {
		return nil, api.Errorf(http.StatusNotFound, "datasetId: no dataset %q", c.params[0])
	}
	return c.params[:1], nil
}

func (c *call) industriesOf(datasets []string) error {
	names, err := c.s.db.TargetIndustries(c.ctx(), c.account, datasets)
	if err != nil {
		return err
	}
	return c.ok(orEmpty(names))
}

func (c *call) listCategories() error {
	ids, err := c.datasets()
	if err != nil {
		return err
	}
	list, err := c.s.db.Categories(c.ctx(), c.account, ids)
	if err != nil {
		return err
	}
	return c.ok(orEmpty(list))
}

// listCountries answers ISO 3166-1: a plain list in the envelope, and in bare
// style the published form, a list holding one {result, success}.
func (c *call) listCountries() error {
	list := api.Countries()
	if c.s.config.ResponseStyle == Enveloped {
		return c.ok(list)
	}
	type published struct {
		Result  []api.Country `json:"result"`
		Success string        `json:"success"`
	}
	return c.ok([]published{{list, "true"}})
}

// checkName refuses an empty name and one that is too long for a name.
func checkName(key, s string) error {
	if n := len([]rune(strings.TrimSpace(s))); n < 1 || n > api.MaxValueLength {
		return bad(key, "1..512 characters", s)
	}
	return nil
}
