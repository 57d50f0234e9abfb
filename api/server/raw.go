package server

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"strconv"

	"threatbench/api"
)

// The raw record has two published shapes, and the path decides which one is
// answered. The newer has a number for an id and the data as a string holding
// JSON; the older has a string and an object.
type (
	rawNewer struct {
		ID        int64    `json:"id"`
		AccountID int64    `json:"accountId"`
		Created   api.Time `json:"created"`
		Data      string   `json:"data"`
		Source    string   `json:"source"`
		TLP       string   `json:"tlp"`
	}
	rawOlder struct {
		ID        string          `json:"id"`
		AccountID int64           `json:"accountId"`
		Created   api.Time        `json:"created"`
		Data      json.RawMessage `json:"data"`
		Source    string          `json:"source"`
		TLP       string          `json:"tlp"`
	}
)

// readRaw answers the raw record of an event in the newer shape.
func (c *call) readRaw() error {
	raw, err := c.s.db.Raw(c.ctx(), c.account, c.params[0], c.params[1])
	if err != nil {
		return err
	}
	return c.ok(rawNewer{
		ID: numericID(raw.ID), AccountID: accountNumber(c.account), Created: raw.Created,
		Data: string(raw.Data), Source: raw.Source, TLP: raw.TLP,
	})
}

// readRawOlder answers the raw record of an event in the older shape.
func (c *call) readRawOlder() error {
	raw, err := c.s.db.Raw(c.ctx(), c.account, c.params[0], c.params[1])
	if err != nil {
		return err
	}
	return c.ok(c.older(raw))
}

// readRawByID answers a raw record by its own id, in the older shape.
func (c *call) readRawByID() error {
	raw, err := c.s.db.RawByID(c.ctx(), c.account, c.params[0], c.params[1])
	if err != nil {
		return err
	}
	_, version, err := c.s.db.EventVersion(c.ctx(), c.account, "", c.params[0])
	if err != nil {
		return err
	}
	return c.okTagged(c.older(raw), c.entityTag(version))
}

func (c *call) older(raw api.Raw) rawOlder {
	return rawOlder{
		ID: raw.ID, AccountID: accountNumber(c.account), Created: raw.Created,
		Data: raw.Data, Source: raw.Source, TLP: raw.TLP,
	}
}

// numericID is a record's id as a number: the number it is, or one made from
// its text.
func numericID(id string) int64 {
	if n, err := strconv.ParseInt(id, 10, 64); err == nil {
		return n
	}
	return stableNumber(id)
}

// accountNumber is the account as the contract's numeric fields name it: a
// number made from the account's id, always the same for the same id.
func accountNumber(account string) int64 { return stableNumber(account) }

// stableNumber hashes a text to a positive number that a float64 holds whole.
func stableNumber(s string) int64 {
	sum := sha256.Sum256([]byte(s))
	return int64(binary.BigEndian.Uint64(sum[:8]) >> 12)
}
