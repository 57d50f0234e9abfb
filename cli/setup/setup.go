// Package setup asks a person, line by line, for a profile of the configuration.
// It only writes lines and reads lines, so that it works in any terminal and
// with any screen reader.
package setup

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"

	"threatbench/api/clean"
	"threatbench/cli/profile"
)

// CloudflareURL is where the API of Cloudforce One is.
const CloudflareURL = "https://api.cloudflare.com/client/v4"

// ErrStopped is a person who ended the questions: nothing is to be written.
var ErrStopped = errors.New("stopped; nothing was written")

// maxAnswer is how long an answer may be, in bytes.
const maxAnswer = 4 << 10

// Wizard asks for a profile.
type Wizard struct {
	In  io.Reader
	Out io.Writer
	// Try looks whether a profile works, and says what it found.
	Try func(ctx context.Context, p profile.Profile) (string, error)

	in *bufio.Reader
}

// Ask asks until a profile is whole, and has been tried if that is wanted. One
// that didn't work is taken only where the person says so. The error is
// ErrStopped where the answers end.
func (w *Wizard) Ask(ctx context.Context) (profile.Profile, error) {
	w.in = bufio.NewReaderSize(w.In, maxAnswer)
	w.say("This writes a configuration with one profile: where your events are.")
	w.say("Enter takes the answer in [brackets]; ctrl+c stops, and nothing is written.")
	for {
		p, err := w.profile()
		if err != nil {
			return p, err
		}
		done, err := w.tried(ctx, p)
		if done || err != nil {
			return p, err
		}
	}
}

func (w *Wizard) profile() (profile.Profile, error) {
	where, err := w.choose("Where are your events?", 1,
		"in a database of this machine, or one of PostgreSQL",
		"in an account of Cloudforce One (Cloudflare)",
		"on another server of the same API (threatbench serve api)")
	if err != nil {
		return profile.Profile{}, err
	}
	var p profile.Profile
	usual := []string{"local", "prod", "team"}[where-1]
	if p.Name, err = w.text("Name of the profile, as in threatbench --profile NAME", usual, checkName); err != nil {
		return p, err
	}
	if where == 1 {
		p.DB, err = w.text("Database: a file, or postgres://user@host/database", profile.DatabasePath(), checkDB)
	} else {
		err = w.account(&p, where == 2)
	}
	if err != nil {
		return p, err
	}
	p.ReadOnly, err = w.yes("Refuse every change (read only)?", false)
	return p, err
}

func (w *Wizard) account(p *profile.Profile, cloudflare bool) (err error) {
	if p.BaseURL = CloudflareURL; !cloudflare {
		if p.BaseURL, err = w.text("Address of the API, as in https://events.example/client/v4", "", checkURL); err != nil {
			return err
		}
	}
	if p.Account, err = w.text("Account id", "", checkWord); err != nil {
		return err
	}
	how, err := w.choose("Where does the token come from? It isn't written into the file.", 1,
		"an environment variable",
		"a command that prints it, such as: pass show threat-events",
		"the system's keyring")
	switch {
	case err != nil:
	case how == 1:
		p.TokenEnv, err = w.text("Name of the variable", "CLOUDFLARE_API_TOKEN", checkVariable)
	case how == 2:
		var line string
		line, err = w.text("Command (no shell: a program and its arguments)", "", func(s string) error { _, err := Words(s); return err })
		if err == nil {
			p.TokenCommand, err = Words(line)
		}
	default:
		p.TokenKeyring = true
		w.say("It is looked up under service %q, user %q.", "threatbench", p.Name)
	}
	return err
}

// tried reports whether the profile is to be written.
func (w *Wizard) tried(ctx context.Context, p profile.Profile) (bool, error) {
	try, err := w.yes("Try it now?", true)
	if err != nil || !try {
		return err == nil, err
	}
	for {
		found, err := w.Try(ctx, p)
		if err == nil {
			w.say("It works: %s", found)
			return true, nil
		}
		if ctx.Err() != nil {
			return false, ErrStopped
		}
		w.say("It doesn't work: %s", strings.ReplaceAll(err.Error(), "\n", "; "))
		next, err := w.choose("What now?", 1, "try again", "answer the questions again", "write it all the same", "stop and write nothing")
		switch {
		case err != nil:
			return false, err
		case next == 2:
			return false, nil
		case next == 3:
			return true, nil
		case next == 4:
			return false, ErrStopped
		}
	}
}

func (w *Wizard) say(format string, args ...any) {
	fmt.Fprintln(w.Out, clean.Line(fmt.Sprintf(format, args...))) // who can't read it can't answer either
}

// line reads one answer. What stands at the end without a line break counts.
func (w *Wizard) line(question string) (string, error) {
	fmt.Fprint(w.Out, clean.Line(question)+" ")
	line, err := w.in.ReadSlice('\n')
	answer := strings.TrimSpace(string(line))
	switch {
	case errors.Is(err, bufio.ErrBufferFull):
		return "", fmt.Errorf("an answer is longer than %d bytes; nothing was written", maxAnswer)
	case errors.Is(err, io.EOF) && answer == "":
		fmt.Fprintln(w.Out)
		return "", ErrStopped
	case err != nil && !errors.Is(err, io.EOF):
		return "", fmt.Errorf("reading the answer: %w", err)
	}
	return answer, nil
}

// text asks until check is content. An empty answer is the usual one.
func (w *Wizard) text(question, usual string, check func(string) error) (string, error) {
	ask := question + ":"
	if usual != "" {
		ask = fmt.Sprintf("%s [%s]:", question, usual)
	}
	for {
		answer, err := w.line(ask)
		if err != nil {
			return "", err
		}
		if answer == "" {
			answer = usual
		}
		if clean.Line(answer) != answer {
			w.say("  The answer holds characters that a terminal obeys or hides.")
			continue
		}
		if err := check(answer); err != nil {
			w.say("  %s", err)
			continue
		}
		return answer, nil
	}
}

// choose asks for one of several, by its number from 1 on.
func (w *Wizard) choose(question string, usual int, choices ...string) (int, error) {
	w.say("%s", question)
	for i, c := range choices {
		w.say("  %d  %s", i+1, c)
	}
	number := 0
	_, err := w.text("Number", fmt.Sprint(usual), func(s string) error {
		for i := range choices {
			if s == fmt.Sprint(i+1) {
				number = i + 1
				return nil
			}
		}
		return fmt.Errorf("want a number from 1 to %d", len(choices))
	})
	return number, err
}

func (w *Wizard) yes(question string, usual bool) (bool, error) {
	hint, fallback := " [y/N]", "no"
	if usual {
		hint, fallback = " [Y/n]", "yes"
	}
	for {
		answer, err := w.line(question + hint)
		if err != nil {
			return false, err
		}
		if answer == "" {
			answer = fallback
		}
		switch strings.ToLower(answer) {
		case "y", "yes":
			return true, nil
		case "n", "no":
			return false, nil
		}
		w.say("  Want y or n.")
	}
}

func checkName(s string) error {
	if strings.HasPrefix(s, "-") || strings.ContainsAny(s, " \t") {
		return errors.New("want a name without spaces that doesn't begin with a hyphen")
	}
	return nil
}

func checkDB(s string) error {
	u, err := url.Parse(s)
	if !strings.HasPrefix(s, "postgres://") && !strings.HasPrefix(s, "postgresql://") {
		return nil
	}
	if err != nil || u.Host == "" {
		return errors.New("want postgres://user@host/database")
	}
	if _, has := u.User.Password(); has {
		return errors.New("leave the password out: it comes from PGPASSWORD or ~/.pgpass")
	}
	return nil
}

func checkURL(s string) error {
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http":
		return errors.New("want an address that begins with https:// (or http://, on this machine)")
	case u.User != nil:
		return errors.New("leave user and password out: the token is asked for below")
	}
	return nil
}

func checkWord(s string) error {
	if s == "" || strings.ContainsAny(s, " \t/") {
		return errors.New("want one word, without spaces and slashes")
	}
	return nil
}

func checkVariable(s string) error {
	for i, r := range s {
		if r != '_' && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (i == 0 || r < '0' || r > '9') {
			return errors.New("want the name of a variable, such as PROD_TOKEN, and not the token")
		}
	}
	if s == "" {
		return errors.New("want the name of a variable")
	}
	return nil
}
