package server

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"threatbench/api"
	"threatbench/api/stix"
	"threatbench/api/store"
)

// relatedOfMany is how many events are told of each indicator of a list where
// nobody says.
const relatedOfMany = 2

// indicatorPage is a page as the list of indicators answers it.
type indicatorPage struct {
	Indicators   []api.Indicator       `json:"indicators"`
	Pagination   indicatorPagination   `json:"pagination"`
	Completeness indicatorCompleteness `json:"completeness"`
}

type indicatorPagination struct {
	Count      int     `json:"count"`
	Page       int     `json:"page"`
	PerPage    int     `json:"per_page"`
	HasMore    bool    `json:"has_more"`
	Cursor     *string `json:"cursor"`
	TotalCount *int    `json:"total_count"`
	TotalExact bool    `json:"total_count_is_exact"`
	NotInSTIX  int     `json:"not_in_stix,omitempty"`
}

// indicatorCompleteness is always that of an answer with nothing missing.
type indicatorCompleteness struct {
	Complete       bool       `json:"complete"`
	FailedDatasets []string   `json:"failedDatasets"`
	FailedShards   []struct{} `json:"failedShards"`
	Warnings       []string   `json:"warnings"`
}

// listIndicators answers GET /events/indicators.
func (c *call) listIndicators() error {
	p, err := c.query()
	if err != nil {
		return err
	}
	format, err := p.choice("format", formatJSON, formatSTIX, formatTAXII)
	if err != nil {
		return err
	}
	page, err := c.indicatorsOf(p)
	if err != nil {
		return err
	}
	info := indicatorPagination{Count: len(page.Indicators), Page: page.Page, PerPage: page.Size, HasMore: page.Cursor != "", TotalExact: page.Total >= 0}
	if page.Cursor != "" {
		info.Cursor = &page.Cursor
	}
	if page.Total >= 0 {
		info.TotalCount = &page.Total
	}
	if format == formatSTIX || format == formatTAXII {
		return c.indicatorObjects(format, page, info)
	}
	return c.ok(indicatorPage{page.Indicators, info, indicatorCompleteness{true, []string{}, []struct{}{}, []string{}}})
}

// indicatorObjects answers a page in STIX; what it has no pattern for is
// counted in the header.
func (c *call) indicatorObjects(format string, page api.IndicatorPage, info indicatorPagination) error {
	objects, passed, err := stix.Indicators(page.Indicators)
	if err != nil {
		return fmt.Errorf("writing indicators as STIX: %w", err)
	}
	info.NotInSTIX = len(passed)
	head, err := json.Marshal(info)
	if err != nil {
		return fmt.Errorf("encoding result_info: %w", err)
	}
	c.w.Header().Set("X-Result-Info", string(head))
	kind := stix.MediaType
	var body []byte
	if format == formatTAXII {
		kind = stix.TAXIIType
		body, err = stix.EnvelopeOf(objects, page.Cursor)
	} else {
		body, err = stix.BundleOf(objects)
	}
	if err != nil {
		return fmt.Errorf("writing indicators as STIX: %w", err)
	}
	return c.send(http.StatusOK, kind, body)
}

// indicatorsOf reads what is asked for, and answers it.
func (c *call) indicatorsOf(p params) (api.IndicatorPage, error) {
	cursor, err := p.text("cursor")
	if err != nil {
		return api.IndicatorPage{}, err
	}
	if cursor != "" {
		if key := besideCursor(p); key != "" {
			return api.IndicatorPage{}, api.Errorf(http.StatusBadRequest, "CursorFilterConflictError: cursor: want it alone, got %s beside it", key)
		}
		return c.s.db.MoreIndicators(c.ctx(), c.account, cursor)
	}
	q, err := indicatorQuery(p, "relatedEvents")
	if err != nil {
		return api.IndicatorPage{}, err
	}
	if q.Datasets, err = p.list("datasetIds", "datasetId"); err != nil {
		return api.IndicatorPage{}, err
	}
	return c.s.db.Indicators(c.ctx(), c.account, q)
}

// besideCursor is a key that must not come with a cursor; "" for none.
func besideCursor(p params) string {
	keys := make([]string, 0, len(p))
	for key, values := range p {
		name := key
		if at := strings.IndexAny(key, "[."); at > 0 {
			name = key[:at]
		}
		switch {
		case name == "cursor" || name == "format" || len(values) == 0:
		case name == "includeTotalCount" && !slices.Contains([]string{"true", "1"}, strings.ToLower(values[0])):
		case slices.Contains([]string{
			"datasetIds", "datasetId", "search", "name", "indicatorType", "relatedEvents", "tags", "tagSearch", "createdAfter", "createdBefore",
			"relatedEventsLimit", "includeTags", "includeTotalCount", "cache", "page", "pageSize",
		}, name):
			keys = append(keys, name)
		}
	}
	if len(keys) == 0 {
		return ""
	}
	return slices.Min(keys)
}

// indicatorQuery reads the keys of a list of indicators, but for its datasets.
func indicatorQuery(p params, relatedKey string) (q store.IndicatorQuery, err error) {
	conditions, err := searchOf(p)
	if err != nil {
		return q, err
	}
	if len(conditions) > 0 {
		b, err := json.Marshal(conditions)
		if err != nil {
			return q, fmt.Errorf("encoding search: %w", err)
		}
		q.Search = string(b)
	}
	for key, into := range map[string]*string{"name": &q.Name, "indicatorType": &q.Type, "tagSearch": &q.TagSearch} {
		if *into, err = p.text(key); err != nil {
			return q, err
		}
	}
	for key, into := range map[string]*string{"createdAfter": &q.CreatedAfter, "createdBefore": &q.CreatedBefore} {
		if *into, err = p.time(key); err != nil {
			return q, err
		}
	}
	for key, into := range map[string]*[]string{relatedKey: &q.RelatedEvents, "tags": &q.Tags} {
		if *into, err = p.list(key); err != nil {
			return q, err
		}
	}
	if q.WithTags, err = p.boolean("includeTags", true); err != nil {
		return q, err
	}
	if q.WithTotal, err = p.boolean("includeTotalCount", false); err != nil {
		return q, err
	}
	if q.Related, err = p.related(); err != nil {
		return q, err
	}
	q.Page, q.Size, err = pageOf(p)
	return q, err
}

// related is how many events are to be told of each indicator.
func (p params) related() (int, error) {
	s, err := p.text("relatedEventsLimit")
	if err != nil || s == "" {
		return relatedOfMany, err
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < -1 {
		return 0, bad("relatedEventsLimit", "a whole number from 0, or -1 for all", s)
	}
	return n, nil
}

// listIndicatorsOfDataset answers the older list, page by page.
func (c *call) listIndicatorsOfDataset() error {
	p, err := c.query()
	if err != nil {
		return err
	}
	q, err := indicatorQuery(p, "relatedEvent")
	if err != nil {
		return err
	}
	if q.Datasets, err = c.datasetOfPath(); err != nil {
		return err
	}
	q.WithTotal = true
	page, err := c.s.db.Indicators(c.ctx(), c.account, q)
	if err != nil {
		return err
	}
	return c.pagedIndicators(page)
}

// pagedIndicators answers a page in the form of the older lists.
func (c *call) pagedIndicators(page api.IndicatorPage) error {
	return c.ok(indicatorsOfResult{page.Indicators, paginationInfo{page.Page, page.Size, page.Total, (page.Total + page.Size - 1) / page.Size}})
}

func (c *call) readIndicator() error {
	ids, err := c.datasetOfPath()
	if err != nil {
		return err
	}
	in, err := c.s.db.Indicator(c.ctx(), c.account, ids[0], c.params[1])
	if err != nil {
		return err
	}
	return c.ok(in)
}

// indicatorsOfTag answers the indicators of the events that carry a tag, and
// indicatorsOfTagIn those of one dataset.
func (c *call) indicatorsOfTag() error {
	p, err := c.query()
	if err != nil {
		return err
	}
	ids, err := p.list("datasetIds", "datasetId")
	if err != nil {
		return err
	}
	return c.taggedIndicators(p, c.params[0], ids)
}

func (c *call) indicatorsOfTagIn() error {
	p, err := c.query()
	if err != nil {
		return err
	}
	ids, err := c.datasetOfPath()
	if err != nil {
		return err
	}
	return c.taggedIndicators(p, c.params[1], ids)
}

func (c *call) taggedIndicators(p params, id string, datasets []string) error {
	q, err := indicatorQuery(p, "relatedEvent")
	if err != nil {
		return err
	}
	q.Datasets, q.WithTotal = datasets, true
	page, err := c.s.db.TagIndicators(c.ctx(), c.account, id, q)
	if err != nil {
		return err
	}
	for i := range page.Indicators {
		page.Indicators[i].Sources = nil
	}
	return c.pagedIndicators(page)
}

// defaultIndicatorGroups is how many groups of indicators are answered where
// nobody says, maxIndicatorGroups how many at most.
const (
	defaultIndicatorGroups = 10
	maxIndicatorGroups     = 100
)

// countIndicators answers GET /events/indicators/aggregate.
func (c *call) countIndicators() error {
	p, err := c.query()
	if err != nil {
		return err
	}
	q, err := indicatorAggregate(p)
	if err != nil {
		return err
	}
	groups, total, err := c.s.db.CountIndicators(c.ctx(), c.account, q)
	if err != nil {
		return err
	}
	rows := make([]map[string]any, len(groups))
	for i, g := range groups {
		rows[i] = map[string]any{"count": g.Count}
		for at, column := range q.Columns {
			rows[i][column] = g.Keys[at]
		}
	}
	return c.ok(indicatorCounts{strings.Join(q.Columns, ","), rows, total, 0})
}

func indicatorAggregate(p params) (q store.IndicatorAggregate, err error) {
	if q.Columns, err = p.list("aggregateBy"); err != nil {
		return q, err
	}
	if len(q.Columns) == 0 {
		return q, bad("aggregateBy", "one of "+strings.Join(store.IndicatorColumns(), " "), "")
	}
	if err := checkColumns("aggregateBy", store.IndicatorColumns(), q.Columns); err != nil {
		return q, err
	}
	measure, err := p.choice("measure", "indicators", "relationships")
	if err != nil {
		return q, err
	}
	q.Relationships = measure == "relationships"
	if q.Tag, err = p.text("tagUuid"); err != nil {
		return q, err
	}
	if q.Datasets, err = p.list("datasetIds", "datasetId"); err != nil {
		return q, err
	}
	for key, into := range map[string]*string{
		"createdAfter": &q.CreatedAfter, "createdBefore": &q.CreatedBefore, "eventDateAfter": &q.EventDateAfter, "eventDateBefore": &q.EventDateBefore,
	} {
		if *into, err = p.time(key); err != nil {
			return q, err
		}
	}
	if q.Limit, err = p.number("limit", defaultIndicatorGroups); err != nil {
		return q, err
	}
	if q.Limit > maxIndicatorGroups {
		return q, bad("limit", fmt.Sprintf("1..%d", maxIndicatorGroups), strconv.Itoa(q.Limit))
	}
	return q, nil
}
