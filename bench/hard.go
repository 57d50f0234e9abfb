package main

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"threatbench/api"
)

// hard makes events that are hard on a database: UUIDs and most indicators at
// random, texts of 60 to 120 characters from a large vocabulary, values of
// which few are frequent and thousands rare, dates that crowd towards now.
// Event i is the same in every run and can be had without those before it.
type hard struct {
	words     []string
	attackers []string
	tags      []string
	countries []string
}

const (
	hardWords      = 200_000
	hardAttackers  = 5_000
	hardTags       = 20_000
	hardIndustries = 60
	hardShared     = 50_000 // indicators that many events have
)

var (
	hardNow   = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	hardKinds = [...]string{"phishing", "malware", "command and control", "credential access", "ransomware", "scanning", "exfiltration", "web shell", "botnet", "supply chain"}
	hardTLPs  = [...]string{"green", "amber", "clear", "amber+strict", "red"}
)

func newHard() *hard {
	rng := rand.New(rand.NewPCG(11, 12))
	h := &hard{words: pseudoWords(rng, hardWords, 2, 4), attackers: pseudoWords(rng, hardAttackers, 3, 4), tags: pseudoWords(rng, hardTags, 2, 3)}
	for i := range h.attackers {
		h.attackers[i] = strings.ToUpper(h.attackers[i])
	}
	for i := range h.tags {
		h.tags[i] += "-" + strconv.Itoa(i%97)
	}
	for _, c := range api.Countries() {
		h.countries = append(h.countries, c.Alpha2)
	}
	return h
}

// pseudoWords are n different words of least to most syllables.
func pseudoWords(rng *rand.Rand, n, least, most int) []string {
	const onsets, vowels = "bcdfghjklmnprstvwz", "aeiou"
	out, seen := make([]string, 0, n), make(map[string]bool, n)
	for len(out) < n {
		var b strings.Builder
		for range least + rng.IntN(most-least+1) {
			b.WriteByte(onsets[rng.IntN(len(onsets))])
			b.WriteByte(vowels[rng.IntN(len(vowels))])
			if rng.IntN(3) == 0 {
				b.WriteByte(onsets[rng.IntN(len(onsets))])
			}
		}
		if w := b.String(); !seen[w] {
			seen[w] = true
			out = append(out, w)
		}
	}
	return out
}

// tailed draws a rank below n, rank r in proportion to 1/(r+1).
func tailed(rng *rand.Rand, n int) int { return min(int(math.Pow(float64(n), rng.Float64()))-1, n-1) }

func (h *hard) rng(i int) *rand.Rand { return rand.New(rand.NewPCG(uint64(i), 0x68617264)) }

// event is the i-th event.
func (h *hard) event(i int) api.CreateEvent {
	rng := h.rng(i)
	e := api.CreateEvent{
		UUID: randomUUID(rng), Date: h.date(rng), Event: h.text(rng, 60+rng.IntN(61)), Category: hardKinds[tailed(rng, len(hardKinds))],
		Attacker: h.attackers[tailed(rng, hardAttackers)], AttackerCountry: h.countries[tailed(rng, len(h.countries))],
		TargetCountry: h.countries[tailed(rng, len(h.countries))], TargetIndustry: "industry " + strconv.Itoa(tailed(rng, hardIndustries)),
		TLP: hardTLPs[tailed(rng, len(hardTLPs))],
	}
	e.Indicator, e.IndicatorType = h.indicator(rng)
	for range tailed(rng, 5) {
		e.Tags = append(e.Tags, h.tags[tailed(rng, hardTags)])
	}
	for range tailed(rng, 8) / 2 {
		value, kind := h.indicator(rng)
		e.Indicators = append(e.Indicators, api.IndicatorInput{Value: value, IndicatorType: kind})
	}
	if len(e.Indicators) > 0 {
		e.Indicators = append([]api.IndicatorInput{{Value: e.Indicator, IndicatorType: e.IndicatorType}}, e.Indicators...)
	}
	if rng.IntN(10) == 0 {
		e.Insight = h.text(rng, 200)
	}
	e.Raw = api.RawInput{Source: "sensor " + strconv.Itoa(rng.IntN(40)), TLP: e.TLP, Data: h.raw(rng)}
	return e
}

func randomUUID(rng *rand.Rand) string {
	var u uuid.UUID
	binary.BigEndian.PutUint64(u[:8], rng.Uint64())
	binary.BigEndian.PutUint64(u[8:], rng.Uint64())
	u[6], u[8] = u[6]&0x0f|0x40, u[8]&0x3f|0x80
	return u.String()
}

// date lies before now, on average 200 days.
func (h *hard) date(rng *rand.Rand) string {
	ago := min(rng.ExpFloat64()*200, 3000) * float64(24*time.Hour)
	return hardNow.Add(-time.Duration(ago)).Format("2006-01-02T15:04:05.000Z")
}

// text is words of the vocabulary, of about n characters.
func (h *hard) text(rng *rand.Rand, n int) string {
	b := make([]byte, 0, n+12)
	for len(b) < n {
		if len(b) > 0 {
			b = append(b, ' ')
		}
		b = append(b, h.words[tailed(rng, hardWords)]...)
	}
	return string(b)
}

// indicator is one that only few events have, or, three times in ten, one of
// those that are shared.
func (h *hard) indicator(rng *rand.Rand) (value, kind string) {
	if rng.IntN(10) < 3 {
		rng = rand.New(rand.NewPCG(uint64(tailed(rng, hardShared)), 0x73686172))
	}
	switch n := rng.IntN(100); {
	case n < 40:
		return fmt.Sprintf("%d.%d.%d.%d", 1+rng.IntN(223), rng.IntN(256), rng.IntN(256), rng.IntN(256)), "IP"
	case n < 65:
		return h.words[rng.IntN(hardWords)] + "-" + h.words[rng.IntN(hardWords)] + ".example", "DOMAIN"
	case n < 85:
		return fmt.Sprintf("%016x%016x%016x%016x", rng.Uint64(), rng.Uint64(), rng.Uint64(), rng.Uint64()), "SHA256"
	}
	return fmt.Sprintf("https://%s.example/%s/%x", h.words[rng.IntN(hardWords)], h.words[rng.IntN(hardWords)], rng.Uint32()), "URL"
}

func (h *hard) raw(rng *rand.Rand) []byte {
	b, err := json.Marshal(map[string]any{
		"sensor": rng.IntN(1000), "seen": rng.IntN(100_000), "message": h.text(rng, 120), "port": rng.IntN(65536),
		"digest": fmt.Sprintf("%016x%016x", rng.Uint64(), rng.Uint64()), "labels": []string{h.words[tailed(rng, hardWords)], h.words[tailed(rng, hardWords)]},
	})
	if err != nil {
		panic(err) // texts and numbers can always be written
	}
	return b
}
