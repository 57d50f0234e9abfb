package store

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"hash"
	"slices"
	"strings"

	"threatbench/api"
)

// hashSize is how much is kept of the hash of an event's content: enough that
// nobody meets another content of the same hash, half of what SHA-256 gives.
const hashSize = 16

// content is what makes an event what it is: all that it says, with its raw
// record. When it was created, where it is and what it hangs under are not
// part of it.
type content struct {
	date      int64
	texts     [8]string // event, insight and the values of the dictionaries
	killChain int
	tlp       api.TLP
	lists     [listCount][]string
	indicator []api.IndicatorInput // the primary one first
	raw       json.RawMessage
	source    string
	rawTLP    string
}

// contentOf is the hash of an event that is to be made.
func contentOf(in *api.CreateEvent, date int64, cat api.Category) [hashSize]byte {
	primary, more := indicators(in)
	tlp, _ := api.ParseTLP(in.TLP)
	c := content{
		date: date, killChain: cat.KillChain, tlp: tlp,
		texts: [8]string{in.Event, in.Insight, in.Attacker, country(in.AttackerCountry), country(in.TargetCountry), in.TargetIndustry, in.Category},
		lists: [listCount][]string{in.Tags, cat.MitreAttack, cat.MitreCapec}, indicator: append([]api.IndicatorInput{primary}, more...),
		raw: in.Raw.Data, source: in.Raw.Source, rawTLP: cmp.Or(in.Raw.TLP, in.TLP),
	}
	return c.hash()
}

// contentOfRow is the hash of an event as it stands.
func (c *writeTx) contentOfRow(d *doc, raw *rawRow) (out [hashSize]byte, err error) {
	is := content{date: d.date, killChain: d.killChain}
	value := func(k kind, num uint32) string {
		text := ""
		if num != 0 && err == nil {
			text, err = c.value(k, num)
		}
		return text
	}
	is.texts = [8]string{
		d.event, d.insight, value(kindAttacker, d.nums[numAttacker]), value(kindCountry, d.nums[numAttackerCountry]),
		value(kindCountry, d.nums[numTargetCountry]), value(kindIndustry, d.nums[numIndustry]), value(kindCategory, d.nums[numCategory]),
	}
	is.tlp, _ = api.ParseTLP(value(kindTLP, d.nums[numTLP]))
	for which, k := range [listCount]kind{kindTag, kindAttack, kindCapec} {
		for _, num := range d.lists[which] {
			is.lists[which] = append(is.lists[which], value(k, num))
		}
	}
	is.indicator = []api.IndicatorInput{{Value: d.indicator, IndicatorType: value(kindIndicatorType, d.nums[numIndicatorType])}}
	for _, m := range d.more {
		is.indicator = append(is.indicator, api.IndicatorInput{Value: m.value, IndicatorType: value(kindIndicatorType, m.kind)})
	}
	if raw != nil {
		is.source, is.rawTLP = raw.source, raw.tlp
		if err == nil {
			is.raw, err = unpackRaw(raw.data)
		}
	}
	return is.hash(), err
}

func (c *content) hash() [hashSize]byte {
	h := hasher{Hash: sha256.New()}
	h.number(c.date)
	h.number(int64(c.killChain))
	h.number(int64(c.tlp))
	for _, text := range c.texts {
		h.text(text)
	}
	for _, list := range c.lists {
		h.number(int64(len(list)))
		for _, item := range slices.Sorted(slices.Values(list)) {
			h.text(item)
		}
	}
	h.number(int64(len(c.indicator)))
	for _, in := range c.indicator {
		h.text(in.Value)
		h.text(in.IndicatorType)
	}
	h.text(string(c.raw))
	h.text(c.source)
	h.text(strings.ToLower(strings.TrimSpace(c.rawTLP)))
	return [hashSize]byte(h.Sum(nil))
}

// hasher writes parts so that no two lists of parts look the same.
type hasher struct {
	hash.Hash
	buf []byte
}

func (h *hasher) number(n int64) {
	h.buf = binary.AppendVarint(h.buf[:0], n)
	h.Write(h.buf) // a hash takes everything
}

func (h *hasher) text(s string) {
	h.buf = appendText(h.buf[:0], s)
	h.Write(h.buf) // a hash takes everything
}
