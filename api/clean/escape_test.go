package clean_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"unicode"

	"threatbench/api/clean"
)

func TestEscapedJSONSteersNoTerminal(t *testing.T) {
	for raw, want := range map[string]string{
		`{"a": "plain, नमस्ते"}`:                  `{"a": "plain, नमस्ते"}`,
		"{\n  \"a\": \"x\ufeffy\u202e\u009b\"\n}": "{\n  \"a\": \"x\\ufeffy\\u202e\\u009b\"\n}",
		`"` + "\U000e0041" + `"`:                  `"\udb40\udc41"`,
	} {
		got := clean.EscapeJSON(raw)
		if got != want {
			t.Errorf("%q becomes %q, want %q", raw, got, want)
		}
		if clean.Text(got) != got {
			t.Errorf("%q still holds what has to be neutralised", got)
		}
		var a, b any
		if err := json.Unmarshal([]byte(raw), &a); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(got), &b); err != nil || !reflect.DeepEqual(a, b) {
			t.Errorf("%q means %v, not %v; %v", got, b, a, err)
		}
	}
	if got := clean.EscapeJSON("no JSON \x1b[31m"); got != "no JSON ␛[31m" {
		t.Errorf("got %q", got)
	}
}

// What Escape writes is harmless, and undoing the escapes gives the text back.
func TestEscapedTextIsHarmlessAndTheSame(t *testing.T) {
	for name, s := range hostile(t) {
		s = strings.ToValidUTF8(s, "")
		got := clean.Escape(s, func(r rune) string { return "<" + string(unicode.MaxLatin1) + string(r) })
		if back := strings.ReplaceAll(got, "<"+string(unicode.MaxLatin1), ""); back != s {
			t.Errorf("%s: %q becomes %q", name, s, got)
		}
		if got := "a" + clean.Escape(s, func(rune) string { return "?" }); clean.Line(got) != got {
			t.Errorf("%s: %q still holds what has to be neutralised", name, got)
		}
	}
}

func TestStrings(t *testing.T) {
	for in, want := range map[string]string{
		`{"a":"x"}`:                            `{"a":"x"}`,
		`{"\u001b]0;t\u0007": ["\u009bm", 1]}`: `{"␛]0;t␇": ["⟨U+009B⟩m", 1]}`,
		`"\u202ea\nb"`:                         `"⟨U+202E⟩a\nb"`,
	} {
		got, err := clean.JSON([]byte(in))
		if err != nil || string(got) != want {
			t.Errorf("%s becomes %s, %v, want %s", in, got, err, want)
		}
	}
	var v map[string]string
	if err := clean.Unmarshal([]byte(`{"\u001b[31m": "\udb40\udc41"}`), &v); err != nil || v["␛[31m"] != "⟨U+E0041⟩" {
		t.Errorf("got %q, %v", v, err)
	}
	if err := clean.Unmarshal([]byte(`{"a": "\u001`), &v); err == nil {
		t.Error("half a text is read")
	}
}

// Of what is drawn only styles pass.
func TestStyled(t *testing.T) {
	for in, want := range map[string]string{
		"\x1b[1;38:2::1:2:3mred\x1b[m ┃ ⣿\nnext": "\x1b[1;38:2::1:2:3mred\x1b[m ┃ ⣿\nnext",
		"\x1b[31mred\x1b[2J\x1b[m":               "\x1b[31mred␛[2J\x1b[m",
		"a\x1b]8;;http://e.example\ab":           "a␛]8;;http://e.example␇b",
		"a\u202eb\x1b[1mc\u009bd":                "a⟨U+202E⟩b\x1b[1mc⟨U+009B⟩d",
		"a\rb\tc\x9b":                            "a␍b c⟨9B⟩",
		"\x1b[31":                                "␛[31",
		"\x1b[?25l":                              "␛[?25l",
		"a\u0301\u0301\u0301\u0301\u0301":        "a\u0301\u0301\u0301\u0301◌\u0301",
	} {
		if got := clean.Styled(in); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		} else if again := clean.Styled(got); again != got {
			t.Errorf("%q becomes %q at last", got, again)
		}
	}
}

// Whatever the corpus holds, neutralised text passes unchanged, and text that
// wasn't is neutralised but for its styles.
func TestTheLastGuard(t *testing.T) {
	for name, s := range hostile(t) {
		if safe := clean.Text(s); clean.Styled(safe) != safe || clean.Frame(safe) != safe {
			t.Errorf("%s: %q becomes %q and %q", name, safe, clean.Styled(safe), clean.Frame(safe))
		}
		if got := clean.Styled(s); clean.Styled(got) != got || clean.Frame(got) != got {
			t.Errorf("%s: %q is not the end of it", name, got)
		}
		got := clean.Frame(s)
		if clean.Frame(got) != got {
			t.Errorf("%s: %q is not the end of it", name, got)
		}
		for _, bad := range []string{"\x1b]", "\x1bP", "\x1b_", "\x1b^", "\a", "\r", "\u009b", "\u202e", "\x7f"} {
			if strings.Contains(got, bad) {
				t.Errorf("%s: %q is in %q", name, bad, got)
			}
		}
	}
}

// A frame costs no copy and little time.
func BenchmarkFrame(b *testing.B) {
	line := "\x1b[38;2;98;181;245m│\x1b[m " + strings.Repeat("203.0.113.7 → cdn.example  ", 4) + "\x1b[1m日本\x1b[m ━━━━━━\n"
	frame := strings.Repeat(line, 40)
	b.SetBytes(int64(len(frame)))
	b.ReportAllocs()
	for b.Loop() {
		if len(clean.Frame(frame)) != len(frame) {
			b.Fatal("changed")
		}
	}
}
