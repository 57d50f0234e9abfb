package server

import (
	"slices"
	"strings"

	"threatbench/api"
)

// listDatasets answers the datasets; deleted ones only with includeDeleted.
func (c *call) listDatasets() error {
	p, err := c.query()
	if err != nil {
		return err
	}
	deleted, err := p.boolean("includeDeleted", false)
	if err != nil {
		return err
	}
	list, err := c.s.db.Datasets(c.ctx(), c.account)
	if err != nil {
		return err
	}
	if deleted {
		gone, err := c.s.db.DeletedDatasets(c.ctx(), c.account)
		if err != nil {
			return err
		}
		list = append(list, gone...)
	}
	return c.ok(orEmpty(list))
}

// okDataset answers one dataset in the published form, which leaves out what
// only the list tells: the write mode and the moment of deletion.
func (c *call) okDataset(d api.Dataset) error {
	return c.ok(datasetResult{d.UUID, d.Name, d.IsPublic, d.IsAnalytics})
}

func (c *call) readDataset() error {
	d, err := c.s.db.Dataset(c.ctx(), c.account, c.params[0])
	if err != nil {
		return err
	}
	return c.okDataset(d)
}

// datasetInput is a dataset as a client may set it; absent fields are nil.
type datasetInput struct {
	Name               *string `json:"name"`
	IsPublic           *bool   `json:"isPublic"`
	IsAnalytics        *bool   `json:"isAnalytics"`
	IndicatorWriteMode *string `json:"indicatorWriteMode"`
}

// apply lays what came over d, refusing values out of range.
func (in datasetInput) apply(d *api.Dataset) error {
	if in.Name != nil {
		if err := checkName("name", *in.Name); err != nil {
			return err
		}
		d.Name = strings.TrimSpace(*in.Name)
	}
	if in.IsPublic != nil {
		d.IsPublic = *in.IsPublic
	}
	if in.IsAnalytics != nil {
		d.IsAnalytics = *in.IsAnalytics
	}
	if in.IndicatorWriteMode == nil {
		return nil
	}
	modes := []string{"read_only", "create_only", "full"}
	if !slices.Contains(modes, *in.IndicatorWriteMode) {
		return bad("indicatorWriteMode", "one of "+strings.Join(modes, ", "), *in.IndicatorWriteMode)
	}
	d.IndicatorWriteMode = *in.IndicatorWriteMode
	return nil
}

func (c *call) createDataset() error {
	var in datasetInput
	if err := c.decode(&in); err != nil {
		return err
	}
	if in.Name == nil {
		return bad("name", "1..512 characters", "")
	}
	var d api.Dataset
	if err := in.apply(&d); err != nil {
		return err
	}
	made, err := c.s.db.CreateDataset(c.ctx(), c.who, c.account, d)
	if err != nil {
		return err
	}
	return c.okDataset(made)
}

// updateDataset changes what came and keeps the rest.
func (c *call) updateDataset() error {
	var in datasetInput
	if err := c.decode(&in); err != nil {
		return err
	}
	d, err := c.s.db.Dataset(c.ctx(), c.account, c.params[0])
	if err != nil {
		return err
	}
	if err := in.apply(&d); err != nil {
		return err
	}
	if d, err = c.s.db.UpdateDataset(c.ctx(), c.who, c.account, d); err != nil {
		return err
	}
	return c.okDataset(d)
}

// deleteDataset takes a dataset away and says which one it was.
func (c *call) deleteDataset() error {
	d, err := c.s.db.DeleteDataset(c.ctx(), c.who, c.account, c.params[0])
	if err != nil {
		return err
	}
	return c.ok(deletedDataset{d.UUID, d.Name})
}
