package ui_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"threatbench/ui"
)

// TestHostedProgramLeavesNothingBehind types on while a hosted workbench ends.
// The bubble of virtual time fails where a goroutine is left.
func TestHostedProgramLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	for name, typed := range map[string][]string{
		"one key":                {"q"},
		"keys behind":            {"q" + strings.Repeat("j", 500)},
		"keys before":            {strings.Repeat("j", 500) + "q"},
		"an open sequence":       {"q\x1b"},
		"two ways out":           {"\x03q\x1b"},
		"in a paste":             {"\x1b[200~jjj", "\x1b[201~q", "jjj"},
		"in a control string":    {"\x1b]52;c;", "\x07q"},
		"the mouse, still moved": {"q" + strings.Repeat("\x1b[<35;10;10M", 200)},
		"the line breaks":        {"jjj\x1b", ""},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { endOf(t, typed) })
		})
	}
}

func endOf(t *testing.T, typed []string) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	in, keyboard := io.Pipe()
	done := make(chan error, 1)
	began := time.Now()
	go func() {
		done <- ui.Run(ctx, ui.Options{
			API: linked(50), Hosted: true, In: in, Out: io.Discard, Width: 120, Height: 40,
			Env: []string{"TERM=xterm-256color"}, Now: time.Now,
		})
	}()
	go func() {
		time.Sleep(time.Second)
		for _, s := range typed {
			if s == "" {
				keyboard.CloseWithError(io.EOF) // never fails
				break
			}
			io.Copy(keyboard, bytes.NewReader([]byte(s))) // the program may be gone
			time.Sleep(20 * time.Millisecond)
		}
		time.Sleep(time.Second)
		cancel()                        // for the one that isn't left by a key
		keyboard.CloseWithError(io.EOF) // as the server does with a session that has ended
	}()
	if err := <-done; err != nil && !errors.Is(err, context.Canceled) {
		t.Fatalf("it ended with %v", err)
	}
	keyboard.CloseWithError(io.EOF) // as the server does with a session that has ended
	if took := time.Since(began); took > 3*time.Second {
		t.Errorf("it took %s to end", took)
	}
	time.Sleep(10 * time.Second) // commands under way, such as a wait, end too
}
