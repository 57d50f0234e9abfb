package match

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"threatbench/api"
)

func manyIndicators(n int) *Set {
	b := NewBuilder()
	r := rand.New(rand.NewPCG(1, 2))
	for i := range n {
		var v string
		switch i % 4 {
		case 0:
			v = fmt.Sprintf("%d.%d.%d.%d", 1+r.IntN(220), r.IntN(256), r.IntN(256), 1+r.IntN(254))
		case 1:
			v = fmt.Sprintf("%x.%s.com", r.Uint32(), []string{"cdn", "mail", "update", "login"}[r.IntN(4)])
		case 2:
			v = fmt.Sprintf("%016x%016x%016x%016x", r.Uint64(), r.Uint64(), r.Uint64(), r.Uint64())
		case 3:
			v = fmt.Sprintf("http://%x.example/%x", r.Uint32()%100000, r.Uint32())
		}
		b.Add(&api.Event{UUID: fmt.Sprintf("%08x-0000-4000-8000-000000000000", i), Indicator: v, Attacker: "A", TLP: "green"})
	}
	return b.Set()
}

func proxyLog(size int) []byte {
	r := rand.New(rand.NewPCG(3, 4))
	var b bytes.Buffer
	for b.Len() < size {
		fmt.Fprintf(&b, "10.%d.%d.%d - - [30/Nov/2026:05:%02d:%02d +0000] \"GET http://www%d.site-%d.com/assets/v%d/app.min.js?x=%x HTTP/1.1\" 200 %d \"https://www.shop-%d.example.org/\" \"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36\"\n",
			r.IntN(256), r.IntN(256), r.IntN(256), r.IntN(60), r.IntN(60), r.IntN(9), r.IntN(5000), r.IntN(9), r.Uint64(), r.IntN(90000), r.IntN(100))
	}
	return b.Bytes()
}

func BenchmarkScan(b *testing.B) {
	log := proxyLog(64 << 20)
	for _, n := range []int{100, 100_000, 1_000_000} {
		s := manyIndicators(n)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.SetBytes(int64(len(log)))
			for b.Loop() {
				if _, err := Scan(b.Context(), s, "log", bytes.NewReader(log), time.Now(), func(Hit) error { return nil }); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
