package server

import (
	"net/http"

	"threatbench/api"
)

// planImport answers what a bulk create would do, and does nothing (ours).
func (c *call) planImport() error {
	body, err := c.body()
	if err != nil {
		return err
	}
	in, unreadable, err := decodeBulk(body)
	if err != nil {
		return err
	}
	res, err := c.s.db.Foresee(c.ctx(), c.who, c.account, in)
	if err != nil {
		return err
	}
	explainItems(&res, unreadable)
	return c.ok(res)
}

// listImports answers a page of the imports (ours).
func (c *call) listImports() error {
	p, err := c.query()
	if err != nil {
		return err
	}
	page, err := p.number("page", 0)
	if err != nil {
		return err
	}
	size, err := p.number("pageSize", 0)
	if err != nil {
		return err
	}
	list, info, err := c.s.db.Imports(c.ctx(), c.account, page, size)
	if err != nil {
		return err
	}
	return c.answer(http.StatusOK, list, info)
}

// listImported answers events of an import (ours).
func (c *call) listImported() error {
	p, err := c.query()
	if err != nil {
		return err
	}
	after, err := p.number("after", 0)
	if err != nil {
		return err
	}
	limit, err := p.number("limit", 0)
	if err != nil {
		return err
	}
	out, err := c.s.db.Imported(c.ctx(), c.account, c.params[0], int64(after), limit)
	if err != nil {
		return err
	}
	return c.ok(out)
}

// undoImport takes a part of an import back (ours).
func (c *call) undoImport() error {
	var in api.UndoImport
	if err := c.decode(&in); err != nil {
		return err
	}
	out, err := c.s.db.UndoImport(c.ctx(), c.who, c.account, c.params[0], in)
	if err != nil {
		return err
	}
	return c.ok(out)
}
