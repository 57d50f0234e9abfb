package server

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"strconv"

	"threatbench/api"
)

// The raw record has two published shapes. Asked for by its event it has a
// number for an id and the data as a string holding JSON; asked for by its own
// id it has a string and an object.
type (
	rawOfEvent struct {
		ID        int64    `json:"id"`
		AccountID int64    `json:"accountId"`
		Created   api.Time `json:"created"`
		Data      string   `json:"data"`
		Source    string   `json:"source"`
		TLP       string   `json:"tlp"`
	}
	rawByID struct {
		ID        string          `json:"id"`
		AccountID int64           `json:"accountId"`
		Created   api.Time        `json:"created"`
		Data      json.RawMessage `json:"data"`
		Source    string          `json:"source"`
		TLP       string          `json:"tlp"`
	}
)

// readRaw answers the raw record of an event, on both paths.
func (c *call) readRaw() error {
	raw, err := c.s.db.Raw(c.ctx(), c.account, c.params[0], c.params[1])
	if err != nil {
		return err
	}
	return c.ok(rawOfEvent{
		ID: numericID(raw.ID), AccountID: accountNumber(c.account), Created: raw.Created,
		Data: string(raw.Data), Source: raw.Source, TLP: raw.TLP,
	})
}

// readRawByID answers a raw record by its own id.
func (c *call) readRawByID() error {
	// The version first: a record newer than its tag is refused with the next
	// change, a tag newer than its record would lose one.
	_, version, err := c.s.db.EventVersion(c.ctx(), c.account, "", c.params[0])
	if err != nil {
		return err
	}
	raw, err := c.s.db.RawByID(c.ctx(), c.account, c.params[0], c.params[1])
	if err != nil {
		return err
	}
	return c.okTagged(c.rawByID(raw), c.entityTag(version))
}

func (c *call) rawByID(raw api.Raw) rawByID {
	return rawByID{
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
