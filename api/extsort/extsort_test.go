package extsort

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestAgreesWithAMap holds that records come back by key in the order they
// came in, whether they fit into memory or not.
func TestAgreesWithAMap(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	rapid.Check(t, func(t *rapid.T) {
		s := New(rapid.SampledFrom([]int{1 << 10, 4 << 10, 1 << 20}).Draw(t, "memory"))
		want := map[Key][]string{}
		for i := range rapid.IntRange(0, 300).Draw(t, "records") {
			k := KeyOf(fmt.Sprint(rapid.IntRange(0, 20).Draw(t, "name")), byte(rapid.IntRange(0, 2).Draw(t, "class")))
			v := fmt.Sprint(i, strings.Repeat("x", rapid.SampledFrom([]int{0, 1, 130, 3000}).Draw(t, "length")))
			if err := s.Add(k, []byte(v)); err != nil {
				t.Fatal(err)
			}
			want[k] = append(want[k], v)
		}
		table, err := s.Sorted()
		if err != nil {
			t.Fatal(err)
		}
		checkTable(t, table, want)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	})
}

func checkTable(t *rapid.T, table *Table, want map[Key][]string) {
	for name := range 22 {
		for class := range byte(3) {
			k := KeyOf(fmt.Sprint(name), class)
			var got []string
			err := table.Get(k, func(p []byte) bool { got = append(got, string(p)); return true })
			if err != nil || !slices.Equal(got, want[k]) {
				t.Fatalf("%d of class %d: %d records, want %d, %v", name, class, len(got), len(want[k]), err)
			}
		}
	}
	all := map[Key][]string{}
	var last Key
	err := table.All(func(k Key, p []byte) error {
		if bytes.Compare(k[:], last[:]) < 0 {
			return fmt.Errorf("%x stands behind %x", k, last)
		}
		last = k
		all[k] = append(all[k], string(p))
		return nil
	})
	if err != nil || len(all) != len(want) {
		t.Fatalf("%d keys, want %d, %v", len(all), len(want), err)
	}
	for k, list := range want {
		if !slices.Equal(all[k], list) {
			t.Fatalf("%x: %d records, want %d", k, len(all[k]), len(list))
		}
	}
}

func TestGetStops(t *testing.T) {
	s := New(1 << 20)
	k := KeyOf("a", 0)
	for range 3 {
		if err := s.Add(k, []byte("x")); err != nil {
			t.Fatal(err)
		}
	}
	table, err := s.Sorted()
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	if err := table.Get(k, func([]byte) bool { n++; return n < 2 }); err != nil || n != 2 {
		t.Errorf("%d taken, %v", n, err)
	}
}

// TestNothingStays holds that no temporary file is left, and that a missing
// directory is an error rather than a loss.
func TestNothingStays(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir()+"/missing")
	s := New(1 << 10)
	var err error
	for range 100 {
		if err = s.Add(KeyOf("a", 0), bytes.Repeat([]byte("x"), 100)); err != nil {
			break
		}
	}
	if err == nil || s.Close() != nil {
		t.Errorf("a record is lost: %v", err)
	}
}
