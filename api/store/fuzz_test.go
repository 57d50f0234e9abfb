package store

import (
	"bytes"
	"testing"

	"threatbench/api"
)

// FuzzPacked: whatever stands in a stored blob, reading it ends without a
// panic, and what was packed comes back.
func FuzzPacked(f *testing.F) {
	d := doc{event: "e", indicator: "i", lists: [listCount][]uint32{{1, 2}, nil, {3}}, more: []typedIndicator{{1, "x"}}}
	packed, err := d.encode(&deflater{})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(packed)
	f.Add(packNumbers([]int64{1, 2, 300}))
	f.Add(packLists([][]uint32{{1}, {}, {2, 3}}))
	f.Add(packTexts([]string{"a", "", "bc"}, []bool{false, true, false}))
	f.Add((&segMeta{datasets: []uint32{1, 2}}).encode())
	f.Fuzz(func(t *testing.T, b []byte) {
		if got, err := decodeDoc(b); err == nil {
			again, err := got.encode(&deflater{})
			if err != nil {
				t.Fatal(err)
			}
			if back, err := decodeDoc(again); err != nil || back.event != got.event || back.uuid != got.uuid {
				t.Fatalf("%+v came back as %+v, %v", got, back, err)
			}
		}
		if c, _, err := readInts(b); err == nil {
			for i := range c.n {
				_ = c.at(i)
			}
		}
		if c, err := readTexts(b); err == nil {
			for i := range c.ends.n {
				_, _ = c.at(i)
			}
		}
		if c, err := readLists(b); err == nil {
			for i := range c.ends.n {
				_, _ = c.bounds(i)
			}
		}
		if m, err := decodeMeta(b); err == nil && !bytes.Equal(m.encode(), m.encode()) {
			t.Fatal("a description is written in two ways")
		}
		var places bitset
		_ = findTrigram(b, 7, &places) // damaged or not, it must return
	})
}

// FuzzCursor: only what the database sealed is a cursor.
func FuzzCursor(f *testing.F) {
	d := &DB{secret: []byte("secret")}
	good, err := d.seal(cursor{Account: testAccount, Query: api.ListQuery{PageSize: 3}, Page: 2})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add("AAAA")
	f.Fuzz(func(t *testing.T, s string) {
		c, err := d.unseal(testAccount, s)
		if err == nil && c.Account != testAccount {
			t.Fatalf("%q is taken for a cursor of %q", s, c.Account)
		}
		if err != nil && api.StatusOf(err) != 400 {
			t.Fatalf("%q: %v, want a 400", s, err)
		}
	})
}

// FuzzLike compares LIKE with the model's, which uses regular expressions.
func FuzzLike(f *testing.F) {
	f.Add("a%b_c", "aXXbYc")
	f.Add("%_%", "ä")
	f.Fuzz(func(t *testing.T, pattern, text string) {
		c := api.Condition{Op: api.OpLike, Values: []string{pattern}}
		if pattern == "" || len(pattern) > 64 || len(text) > 256 || api.Fold(pattern) != pattern || api.Fold(text) != text {
			return
		}
		if got, want := matchText(api.OpLike, []string{pattern})(text), textHolds(text, c); got != want {
			t.Fatalf("%q like %q: %v, want %v", text, pattern, got, want)
		}
	})
}
