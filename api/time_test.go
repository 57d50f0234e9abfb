package api_test

import (
	"encoding/json"
	"testing"
	"time"

	"pgregory.net/rapid"

	"threatbench/api"
)

func TestParseTime(t *testing.T) {
	for in, want := range map[string]string{
		"2024-03-01T10:00:00Z":              "2024-03-01T10:00:00Z",
		"2024-03-01T10:00:00.123456Z":       "2024-03-01T10:00:00.123Z",
		"2024-03-01T10:00:00.100Z":          "2024-03-01T10:00:00.1Z",
		"2024-03-01T12:00:00+02:00":         "2024-03-01T10:00:00Z",
		"2024-03-01T12:00:00.5+0200":        "2024-03-01T10:00:00.5Z",
		"2024-03-01T10:00:00":               "2024-03-01T10:00:00Z",
		"2024-03-01T10:00":                  "2024-03-01T10:00:00Z",
		"2024-03-01T10:00Z":                 "2024-03-01T10:00:00Z",
		"2024-03-01 10:00:00":               "2024-03-01T10:00:00Z",
		"2024-03-01 10:00":                  "2024-03-01T10:00:00Z",
		"2024-03-01 10:00:00+00:00":         "2024-03-01T10:00:00Z",
		"2024-03-01":                        "2024-03-01T00:00:00Z",
		"  2024-03-01 ":                     "2024-03-01T00:00:00Z",
		"0001-01-01T00:00:01Z":              "0001-01-01T00:00:01Z",
		"9999-12-31T23:59:59.9999999+00:00": "9999-12-31T23:59:59.999Z",
	} {
		got, err := api.ParseTime(in)
		if err != nil || got.String() != want {
			t.Errorf("%q is %s, %v; want %s", in, got, err, want)
		}
	}
	for _, in := range []string{"", "soon", "2024", "2024-3-1", "2024-02-30", "01.03.2024", "2024-03-01T25:00:00Z", "1709287200", "10000-01-01", "9999-12-31T23:59:59-14:00", "0000-01-01T00:00:00+14:00"} {
		if got, err := api.ParseTime(in); err == nil {
			t.Errorf("%q was read as %s", in, got)
		}
	}
}

func TestTimeReadsBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ms := rapid.Int64Range(-62135596799999, 253402300799999).Draw(t, "milliseconds")
		was := api.TimeOf(time.UnixMilli(ms))
		b, err := json.Marshal(was)
		if err != nil {
			t.Fatal(err)
		}
		var got api.Time
		if err := json.Unmarshal(b, &got); err != nil || !got.Equal(was.Time) {
			t.Fatalf("%s reads as %s, %v", b, got, err)
		}
	})
}

func TestUnknownTime(t *testing.T) {
	b, err := json.Marshal(api.Time{})
	if err != nil || string(b) != `""` {
		t.Errorf("got %s, %v", b, err)
	}
}

func TestIsDay(t *testing.T) {
	for in, want := range map[string]bool{"2024-03-01": true, " 2024-03-01 ": true, "2024-03-01T00:00:00Z": false, "2024-03": false, "2024-02-30": false, "": false} {
		if api.IsDay(in) != want {
			t.Errorf("IsDay(%q) is %v", in, !want)
		}
	}
}

func TestTLP(t *testing.T) {
	for in, want := range map[string]api.TLP{
		"clear": api.TLPClear, "WHITE": api.TLPClear, "green": api.TLPGreen, "Amber": api.TLPAmber, "amber+strict": api.TLPAmberStrict,
		"AMBER-STRICT": api.TLPAmberStrict, "amber strict": api.TLPAmberStrict, "amber_strict": api.TLPAmberStrict, "red": api.TLPRed,
		"TLP:RED": api.TLPRed, " tlp: amber+strict ": api.TLPAmberStrict,
	} {
		if got, ok := api.ParseTLP(in); !ok || got != want {
			t.Errorf("%q is %v", in, got)
		}
	}
	for _, in := range []string{"", "tlp:", "purple", "redd", "tlp"} {
		if got, ok := api.ParseTLP(in); ok || got != api.TLPNone {
			t.Errorf("%q is %v", in, got)
		}
	}
	order := []api.TLP{api.TLPNone, api.TLPClear, api.TLPGreen, api.TLPAmber, api.TLPAmberStrict, api.TLPRed}
	for i, l := range order {
		if i > 0 && l <= order[i-1] {
			t.Errorf("%v is not more restricted than %v", l, order[i-1])
		}
		if back, ok := api.ParseTLP(l.String()); i > 0 && (!ok || back != l) {
			t.Errorf("%v reads back as %v", l, back)
		}
	}
	if s := api.TLP(99).String(); s != "" {
		t.Errorf("an unknown marking is %q", s)
	}
}
