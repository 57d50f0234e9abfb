package store

import (
	"bytes"
	"cmp"
	"context"
	"net/http"
	"slices"
	"strings"

	"threatbench/api"
)

// position is the sort key of an event in a form that outlives the snapshot:
// what a cursor carries.
type position struct {
	Number int64    `json:"n,omitempty"` // of orders by number
	Text   string   `json:"t,omitempty"` // of orders by a dictionary's or an event's text
	List   []string `json:"l,omitempty"` // of orders by a list
	Cut    bool     `json:"c,omitempty"` // Text is only the beginning; Event has it all
	UUID   []byte   `json:"u"`
	Event  int64    `json:"e"`
}

// sortKey is a position in terms of one snapshot.
type sortKey struct {
	key   uint64
	list  []uint32
	uuid  []byte
	order order
}

// before tells whether the place comes strictly before an entry.
func (p *sortKey) before(s *sorter, e entry) bool {
	if p.key != e.key {
		return p.key < e.key
	}
	if p.order.kind == sortList {
		if c := slices.Compare(p.list, s.list(e)); c != 0 {
			return s.directed(c) < 0
		}
	}
	return s.directed(bytes.Compare(p.uuid, s.uuid(e))) < 0
}

// dictOrder is the dictionary an order sorts by, where it is one.
func (o order) dictOrder() (k kind, col int, alpha3, ok bool) {
	if o.kind != sortNumber {
		return 0, 0, false, false
	}
	name, alpha3 := strings.CutSuffix(o.field, "Alpha3")
	if col, ok = columnOf(name); !ok {
		return 0, 0, false, false
	}
	k, ok = columnKind(col)
	return k, col, alpha3, ok
}

// positionOf is the position of an entry of an order by number or list.
func (s *Selection) positionOf(ctx context.Context, srt *sorter, e entry) (position, error) {
	o, b := srt.o, s.v.snap.blocks[e.block]
	p := position{UUID: slices.Clone(srt.uuid(e)), Event: b.id(int(e.place))}
	if srt.err != nil {
		return p, srt.err
	}
	if k, col, alpha3, ok := o.dictOrder(); ok {
		c, err := s.v.ints(ctx, b, col)
		if err != nil {
			return p, err
		}
		p.Text = sortTextBy(k, alpha3, s.v.snap.dicts[k].values[c.at(int(e.place))])
		return p, nil
	}
	switch {
	case o.kind == sortList:
		return s.listPosition(ctx, p, o, b, int(e.place))
	case o.field == "datasetId":
		c, err := s.v.ints(ctx, b, colDataset)
		if err != nil {
			return p, err
		}
		p.Text = s.scope.uuidOf(uint32(c.at(int(e.place))))
	default:
		p.Number = o.unturn(e.key)
	}
	return p, nil
}

func (s *Selection) listPosition(ctx context.Context, p position, o order, b *block, i int) (position, error) {
	k, _ := columnKind(o.col)
	c, err := s.v.lists(ctx, b, o.col)
	if err != nil {
		return p, err
	}
	from, to := c.bounds(i)
	for at := from; at < to; at++ {
		p.List = append(p.List, s.v.snap.dicts[k].folds[c.vals.at(at)])
	}
	return p, nil
}

// unturn is the value that turn made a key of.
func (o order) unturn(key uint64) int64 { return int64(key ^ o.mask()) }

var errStaleCursor = api.Errorf(http.StatusBadRequest, "cursor: it is not of this database's present content; start again from the first page")

// resolve finds a position's place in the sorter's snapshot; nil stays nil.
func (v *readTx) resolve(srt *sorter, p *position, sc scope) (*sortKey, error) {
	if p == nil {
		return nil, nil
	}
	o := srt.o
	at := &sortKey{uuid: p.UUID, order: o, key: o.turn(p.Number)}
	if k, _, alpha3, ok := o.dictOrder(); ok {
		rank, known := rankOf(v.d.ranks.of(k, alpha3, v.snap.dicts[k]), sortTexts(k, alpha3, v.snap.dicts[k]), p.Text)
		if !known {
			return nil, errStaleCursor
		}
		at.key = o.turn(int64(rank))
		return at, nil
	}
	switch {
	case o.kind == sortList:
		return v.resolveList(at, p)
	case o.field == "datasetId":
		i := slices.IndexFunc(sc.all, func(d datasetRow) bool { return d.UUID == p.Text })
		if i < 0 {
			return nil, errStaleCursor
		}
		at.key = o.turn(datasetRanks(sc)[sc.all[i].id])
	}
	return at, nil
}

func (v *readTx) resolveList(at *sortKey, p *position) (*sortKey, error) {
	k, _ := columnKind(at.order.col)
	d := v.snap.dicts[k]
	ranks := v.d.ranks.of(k, false, d)
	for _, text := range p.List {
		rank, known := rankOf(ranks, d.folds, text)
		if !known {
			return nil, errStaleCursor
		}
		at.list = append(at.list, rank)
	}
	at.key = at.order.listKey(at.list)
	return at, nil
}

// rankOf is the rank of the value that sorts by text. Values are never
// removed, so one that was on a page is still there.
func rankOf(ranks []uint32, texts []string, text string) (uint32, bool) {
	i := slices.Index(texts, text)
	if i < 0 {
		return 0, false
	}
	return ranks[i], true
}

// compareUUIDs is bytes.Compare, in an order's direction.
func (o order) compareUUIDs(a, b []byte) int {
	c := bytes.Compare(a, b)
	if o.desc {
		return -c
	}
	return c
}

// compareStrings is cmp.Compare, in an order's direction.
func (o order) compareStrings(a, b string) int {
	c := cmp.Compare(a, b)
	if o.desc {
		return -c
	}
	return c
}
