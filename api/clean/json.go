package clean

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf16"
)

// Unmarshal decodes JSON as encoding/json does, every string in it neutralised
// as by Text, the keys too. Whatever is read to be shown, and came from
// outside, is decoded by it: neutralising JSON before it is decoded is of no
// use, since \u001b in it becomes a control character only then.
func Unmarshal(data []byte, v any) error {
	safe, err := JSON(data)
	if err != nil {
		return err
	}
	return json.Unmarshal(safe, v) // the caller says what was read
}

// JSON neutralises every string in a JSON value, as by Text, the keys too, and
// leaves all else, the order of keys included, as it is. What isn't JSON may
// come back as it was, or is an error.
func JSON(in []byte) ([]byte, error) {
	if harmlessJSON(in) {
		return in, nil
	}
	var out bytes.Buffer
	out.Grow(len(in))
	for rest := in; len(rest) > 0; {
		start := bytes.IndexByte(rest, '"')
		if start < 0 {
			out.Write(rest)
			break
		}
		end := start + LiteralEnd(rest[start:])
		out.Write(rest[:start])
		if err := cleanLiteral(&out, rest[start:end]); err != nil {
			return nil, err
		}
		rest = rest[end:]
	}
	return out.Bytes(), nil
}

// harmlessJSON reports whether no string of a JSON text can hold what Text
// would change: it is ASCII without escapes.
func harmlessJSON(in []byte) bool {
	for _, c := range in {
		if c >= 0x7f || c == '\\' {
			return false
		}
	}
	return true
}

// LiteralEnd is the length in bytes of the JSON string that b begins with,
// quotes included.
func LiteralEnd(b []byte) int {
	for i := 1; i < len(b); i++ {
		switch b[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(b)
}

func cleanLiteral(out *bytes.Buffer, lit []byte) error {
	var s string
	if err := json.Unmarshal(lit, &s); err != nil {
		return fmt.Errorf("a string of the JSON: %w", err)
	}
	safe := Text(s)
	if safe == s {
		out.Write(lit)
		return nil
	}
	b, err := json.Marshal(safe)
	if err != nil {
		return fmt.Errorf("a string of the JSON: %w", err)
	}
	out.Write(b)
	return nil
}

// EscapeJSON is JSON that says the same as s and steers no terminal that it is
// written to: characters that would are written as \u escapes. What isn't JSON
// is neutralised as by Text.
func EscapeJSON(s string) string {
	if !json.Valid([]byte(s)) {
		return Text(s)
	}
	return Escape(s, func(r rune) string {
		if strings.ContainsRune("\n\r\t", r) { // between values: a string has them escaped
			return string(r)
		}
		var b strings.Builder
		for _, half := range utf16.Encode([]rune{r}) {
			b.WriteString(`\u`)
			for shift := 12; shift >= 0; shift -= 4 {
				b.WriteByte("0123456789abcdef"[half>>shift&15])
			}
		}
		return b.String()
	})
}
