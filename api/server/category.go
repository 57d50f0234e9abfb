package server

import (
	"threatbench/api"
)

func (c *call) categoryCatalog() error {
	list, err := c.s.db.Categories(c.ctx(), c.account, nil)
	if err != nil {
		return err
	}
	return c.ok(orEmpty(list))
}

// createCategory wants a name and a stage.
func (c *call) createCategory() error {
	var in api.CategoryPatch
	if err := c.decode(&in); err != nil {
		return err
	}
	switch {
	case in.Name == nil:
		return bad("name", "1..512 characters", "")
	case in.KillChain == nil:
		return bad("killChain", "0..7", "")
	}
	var cat api.Category
	in.Apply(&cat)
	cat, err := c.s.db.CreateCategory(c.ctx(), c.who, c.account, cat)
	if err != nil {
		return err
	}
	return c.ok(cat)
}

func (c *call) readCategory() error {
	cat, err := c.s.db.Category(c.ctx(), c.account, c.params[0])
	if err != nil {
		return err
	}
	return c.ok(cat)
}

func (c *call) updateCategory() error {
	var in api.CategoryPatch
	if err := c.decode(&in); err != nil {
		return err
	}
	cat, err := c.s.db.UpdateCategory(c.ctx(), c.who, c.account, c.params[0], in)
	if err != nil {
		return err
	}
	return c.ok(cat)
}

func (c *call) deleteCategory() error {
	if err := c.s.db.DeleteCategory(c.ctx(), c.who, c.account, c.params[0]); err != nil {
		return err
	}
	return c.okID(c.params[0])
}

// okID answers the UUID of what was deleted.
func (c *call) okID(id string) error {
	return c.ok(onlyID{api.Fold(id)})
}
