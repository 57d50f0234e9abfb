package server

import (
	"net/http"
	"slices"
	"strings"

	"threatbench/api"
	"threatbench/api/tag"
)

// tagPage is how a page of tags is answered.
type tagPage struct {
	Tags       []tag.Record   `json:"tags"`
	Pagination paginationInfo `json:"pagination"`
}

type paginationInfo struct {
	Page       int `json:"page"`
	PageSize   int `json:"pageSize"`
	TotalCount int `json:"totalCount"`
	TotalPages int `json:"totalPages"`
}

// paged cuts one page out of a list; size 0 takes it all.
func paged[T any](all []T, page, size int) ([]T, paginationInfo) {
	if size == 0 {
		size = max(len(all), 1)
	}
	info := paginationInfo{Page: page, PageSize: size, TotalCount: len(all), TotalPages: (len(all) + size - 1) / size}
	if page > info.TotalPages {
		return []T{}, info
	}
	from := (page - 1) * size
	return all[from:min(from+size, len(all))], info
}

// pageOf reads which page is asked for; 0 is the size of all.
func pageOf(p params) (page, size int, err error) {
	if page, err = p.number("page", 1); err != nil {
		return 0, 0, err
	}
	if size, err = p.number("pageSize", 0); err != nil {
		return 0, 0, err
	}
	if size > api.MaxPageSize {
		return 0, 0, bad("pageSize", "1..25000", p["pageSize"][0])
	}
	return page, size, nil
}

// listTags answers tags, all of them unless page or pageSize ask for a part.
func (c *call) listTags() error { return c.tagsWhere(func(*tag.Record) bool { return true }) }

// actorCategory is the category of tags whose tags are actors.
const actorCategory = "Actor"

// listActors answers the tags of the category Actor.
func (c *call) listActors() error {
	return c.tagsWhere(func(t *tag.Record) bool { return api.Fold(t.CategoryName) == api.Fold(actorCategory) })
}

// tagsWhere answers the tags that are among those meant, and that the query
// asks for: search and value keep those that contain a text.
func (c *call) tagsWhere(meant func(*tag.Record) bool) error {
	p, err := c.query()
	if err != nil {
		return err
	}
	ids, err := c.datasets()
	if err != nil {
		return err
	}
	page, size, err := pageOf(p)
	if err != nil {
		return err
	}
	keep, err := tagFilters(p)
	if err != nil {
		return err
	}
	tags, err := c.s.db.Tags(c.ctx(), c.account, ids)
	if err != nil {
		return err
	}
	tags = slices.DeleteFunc(tags, func(t tag.Record) bool { return !meant(&t) || !keep(&t) })
	out := tagPage{}
	out.Tags, out.Pagination = paged(orEmpty(tags), page, size)
	return c.ok(out)
}

func tagFilters(p params) (func(*tag.Record) bool, error) {
	texts := map[string]string{"search": "", "value": "", "categoryUuid": "", "filters": ""}
	for key := range texts {
		var err error
		if texts[key], err = p.text(key); err != nil {
			return nil, err
		}
	}
	filters, err := tag.ParseFilters("filters", texts["filters"])
	if err != nil {
		return nil, err
	}
	return func(t *tag.Record) bool {
		return (texts["search"] == "" || t.Contains(texts["search"])) &&
			strings.Contains(api.Fold(t.Value), api.Fold(texts["value"])) &&
			(texts["categoryUuid"] == "" || t.CategoryUUID == api.Fold(texts["categoryUuid"])) &&
			tag.All(filters, t)
	}, nil
}

// tagsOfDataset answers the tags of a dataset's events, all at once.
func (c *call) tagsOfDataset() error {
	ids, err := c.datasetOfPath()
	if err != nil {
		return err
	}
	tags, err := c.s.db.Tags(c.ctx(), c.account, ids)
	if err != nil {
		return err
	}
	return c.ok(orEmpty(tags))
}

// tagInput reads a body that says something of a tag.
func (c *call) tagInput() (tag.Input, error) {
	var in tag.Input
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if in == nil {
		return nil, api.Errorf(http.StatusBadRequest, "body: a JSON object is missing")
	}
	return in, nil
}

func (c *call) createTag() error {
	in, err := c.tagInput()
	if err != nil {
		return err
	}
	t, err := c.s.db.CreateTag(c.ctx(), c.who, c.account, in)
	if err != nil {
		return err
	}
	return c.ok(t)
}

func (c *call) updateTag() error {
	in, err := c.tagInput()
	if err != nil {
		return err
	}
	t, err := c.s.db.UpdateTag(c.ctx(), c.who, c.account, c.params[0], in)
	if err != nil {
		return err
	}
	return c.ok(t)
}

func (c *call) deleteTag() error {
	if err := c.s.db.DeleteTag(c.ctx(), c.who, c.account, c.params[0]); err != nil {
		return err
	}
	return c.okID(c.params[0])
}

// listTagCategories answers the categories of tags whose name contains search.
func (c *call) listTagCategories() error {
	p, err := c.query()
	if err != nil {
		return err
	}
	needle, err := p.text("search")
	if err != nil {
		return err
	}
	list, err := c.s.db.TagCategories(c.ctx(), c.account)
	if err != nil {
		return err
	}
	list = slices.DeleteFunc(list, func(k api.TagCategory) bool { return !strings.Contains(api.Fold(k.Name), api.Fold(needle)) })
	return c.ok(tagCategories{orEmpty(list)})
}

func (c *call) readTagCategory() error {
	k, err := c.s.db.TagCategory(c.ctx(), c.account, c.params[0])
	if err != nil {
		return err
	}
	return c.ok(k)
}

func (c *call) createTagCategory() error { return c.saveTagCategory("") }

func (c *call) updateTagCategory() error { return c.saveTagCategory(c.params[0]) }

func (c *call) saveTagCategory(id string) error {
	var p api.TagCategoryPatch
	if err := c.decode(&p); err != nil {
		return err
	}
	k, err := c.s.db.SaveTagCategory(c.ctx(), c.who, c.account, id, p)
	if err != nil {
		return err
	}
	return c.ok(k)
}

func (c *call) deleteTagCategory() error {
	if err := c.s.db.DeleteTagCategory(c.ctx(), c.who, c.account, c.params[0]); err != nil {
		return err
	}
	return c.okID(c.params[0])
}
