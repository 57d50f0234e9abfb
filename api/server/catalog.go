package server

import (
	"context"
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

// tagPage is how a page of tags is answered.
type tagPage struct {
	Tags       []api.Tag      `json:"tags"`
	Pagination paginationInfo `json:"pagination"`
}

type paginationInfo struct {
	Page       int `json:"page"`
	PageSize   int `json:"pageSize"`
	TotalCount int `json:"totalCount"`
	TotalPages int `json:"totalPages"`
}

// listTags answers tags, all of them unless page or pageSize ask for a part;
// search keeps those whose value contains it, case aside.
func (c *call) listTags() error {
	p, err := c.query()
	if err != nil {
		return err
	}
	ids, err := c.datasets()
	if err != nil {
		return err
	}
	page, err := p.number("page", 1)
	if err != nil {
		return err
	}
	size, err := p.number("pageSize", 0)
	if err != nil {
		return err
	}
	needle, err := p.text("search")
	if err != nil {
		return err
	}
	tags, err := c.s.db.Tags(c.ctx(), c.account, ids)
	if err != nil {
		return err
	}
	return c.ok(pageOfTags(tagsContaining(tags, needle), page, size))
}

func tagsContaining(tags []api.Tag, needle string) []api.Tag {
	if needle == "" {
		return orEmpty(tags)
	}
	needle = strings.ToLower(needle)
	out := []api.Tag{}
	for _, t := range tags {
		if strings.Contains(strings.ToLower(t.Value), needle) {
			out = append(out, t)
		}
	}
	return out
}

// pageOfTags cuts one page out of all tags; size 0 takes them all.
func pageOfTags(all []api.Tag, page, size int) tagPage {
	if size == 0 {
		size = max(len(all), 1)
	}
	info := paginationInfo{Page: page, PageSize: size, TotalCount: len(all), TotalPages: (len(all) + size - 1) / size}
	if page > info.TotalPages {
		return tagPage{[]api.Tag{}, info}
	}
	from := (page - 1) * size
	return tagPage{all[from:min(from+size, len(all))], info}
}

func (c *call) createTag() error {
	var in struct {
		Value string `json:"value"`
	}
	if err := c.decode(&in); err != nil {
		return err
	}
	if err := checkName("value", in.Value); err != nil {
		return err
	}
	tag, err := c.s.db.CreateTag(c.ctx(), c.who, c.account, strings.TrimSpace(in.Value))
	if err != nil {
		return err
	}
	return c.ok(tag)
}

// checkName refuses an empty name and one that is too long for a name.
func checkName(key, s string) error {
	if n := len([]rune(strings.TrimSpace(s))); n < 1 || n > api.MaxValueLength {
		return bad(key, "1..512 characters", s)
	}
	return nil
}
