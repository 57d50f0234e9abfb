package setup

import (
	"bytes"
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"threatbench/cli/profile"
)

// TestAsk: each line is an answer; what was asked and taken is compared.
func TestAsk(t *testing.T) {
	unreachable := errors.New("no route to host")
	for name, c := range map[string]struct {
		answers []string
		fails   int // how many tries fail
		want    profile.Profile
		stopped bool
		said    []string
	}{
		"a database, all as usual": {
			answers: []string{"", "", "", "", ""},
			want:    profile.Profile{Name: "local", DB: profile.DatabasePath()},
			said:    []string{"Where are your events?", "It works: 12 events"},
		},
		"an account with a command": {
			answers: []string{"2", "prod", "abc123", "2", `pass show "threat events"`, "y", "y"},
			want:    profile.Profile{Name: "prod", BaseURL: CloudflareURL, Account: "abc123", TokenCommand: []string{"pass", "show", "threat events"}, ReadOnly: true},
		},
		"a server with the keyring, not tried": {
			answers: []string{"3", "", "https://events.example/client/v4", "team", "3", "", "n"},
			want:    profile.Profile{Name: "team", BaseURL: "https://events.example/client/v4", Account: "team", TokenKeyring: true},
			said:    []string{`under service "threatbench", user "team"`},
		},
		"mistakes are asked again": {
			answers: []string{"9", "3", "-x", "team", "events.example", "https://u:p@events.example", "http://127.0.0.1:8787", "two words", "abc", "1", "not-a-variable", "T1", "perhaps", "n", "n"},
			want:    profile.Profile{Name: "team", BaseURL: "http://127.0.0.1:8787", Account: "abc", TokenEnv: "T1"},
			said:    []string{"want a number from 1 to 3", "leave user and password out", "not the token", "Want y or n."},
		},
		"a password in the address of a database": {
			answers: []string{"1", "", "postgres://u:secret@h/d", "postgres://u@h/d", "n", "n"},
			want:    profile.Profile{Name: "local", DB: "postgres://u@h/d"}, said: []string{"leave the password out"},
		},
		"no network, written all the same": {
			answers: []string{"2", "", "abc", "1", "", "", "y", "1", "3"}, fails: 2,
			want: profile.Profile{Name: "prod", BaseURL: CloudflareURL, Account: "abc", TokenEnv: "CLOUDFLARE_API_TOKEN"},
			said: []string{"It doesn't work: no route to host"},
		},
		"asked again after a failure": {
			answers: []string{"2", "", "abc", "1", "", "", "y", "2", "1", "", "/tmp/x.db", "", "y"}, fails: 1,
			want: profile.Profile{Name: "local", DB: "/tmp/x.db"},
		},
		"stopped after a failure":    {answers: []string{"2", "", "abc", "1", "", "", "y", "4"}, fails: 1, stopped: true},
		"the answers end":            {answers: []string{"2", ""}, stopped: true},
		"an answer without an end":   {answers: []string{strings.Repeat("x", 5000)}, stopped: true, said: []string{"Where"}},
		"characters that are obeyed": {answers: []string{"1", "\x1b[31mred", "red", "", "n", "n"}, want: profile.Profile{Name: "red", DB: profile.DatabasePath()}, said: []string{"a terminal obeys"}},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			fails := c.fails
			w := Wizard{In: strings.NewReader(strings.Join(c.answers, "\n") + "\n"), Out: &out, Try: func(context.Context, profile.Profile) (string, error) {
				if fails--; fails >= 0 {
					return "", unreachable
				}
				return "12 events", nil
			}}
			got, err := w.Ask(t.Context())
			if c.stopped != (err != nil) || err != nil && !strings.Contains(err.Error(), "nothing was written") {
				t.Fatalf("error %v\n%s", err, &out)
			}
			if !c.stopped && !reflect.DeepEqual(got, c.want) {
				t.Errorf("got  %+v\nwant %+v", got, c.want)
			}
			for _, want := range c.said {
				if !strings.Contains(out.String(), want) {
					t.Errorf("it doesn't say %q:\n%s", want, &out)
				}
			}
			if strings.Contains(out.String(), "\x1b") {
				t.Errorf("an escape sequence was repeated: %q", out.String())
			}
		})
	}
}

func TestWords(t *testing.T) {
	for line, want := range map[string][]string{
		"pass show x": {"pass", "show", "x"}, `  a  'b  c' "" d"e f"g `: {"a", "b  c", "", "de fg"}, "a $HOME;rm": {"a", "$HOME;rm"},
		"": nil, "  ": nil, `a 'b`: nil, `"" x`: nil,
	} {
		got, err := Words(line)
		if !slices.Equal(got, want) || (err == nil) != (want != nil) {
			t.Errorf("%q: %q, %v; want %q", line, got, err, want)
		}
	}
}
