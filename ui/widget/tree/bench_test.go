package tree

import (
	"fmt"
	"strings"
	"testing"
)

// big is JSON of n objects of four values each.
func big(n int) []byte {
	var b strings.Builder
	b.WriteByte('[')
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"id":%d,"name":"host-%d.example","ok":true,"tag":["c2"]}`, i, i)
	}
	b.WriteByte(']')
	return []byte(b.String())
}

func BenchmarkOpen100kNodes(b *testing.B) {
	src := big(17_000) // 1 MB
	m := New(styles(b, "dark", false), harmless)
	b.SetBytes(int64(len(src)))
	b.ReportAllocs()
	for b.Loop() {
		m.SetJSON(src)
		m.Lines(80, 40)
	}
}

func BenchmarkExpandAll100kNodes(b *testing.B) {
	m := New(styles(b, "dark", false), harmless)
	m.SetJSON(big(17_000))
	for b.Loop() {
		m.CollapseAll()
		m.ExpandAll()
	}
}

func BenchmarkScroll(b *testing.B) {
	for _, n := range []int{40, 17_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			m := New(styles(b, "dark", false), harmless)
			m.SetJSON(big(n))
			m.ExpandAll()
			m.Lines(80, 40)
			b.ReportAllocs()
			for b.Loop() {
				m.Down()
				m.Lines(80, 40)
			}
		})
	}
}

func BenchmarkFind(b *testing.B) {
	m := New(styles(b, "dark", false), harmless)
	m.SetJSON(big(17_000))
	for b.Loop() {
		m.Find("host-16999.")
	}
}
