package ui

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
)

func TestTerminalByEnvironment(t *testing.T) {
	t.Parallel()
	login := "SSH_TTY=/dev/pts/1 SSH_CONNECTION=a "
	for env, want := range map[string]terminal{
		"": {},
		"TERM=xterm-256color TERM_PROGRAM=iTerm.app":              {},
		login + "TERM=xterm-256color":                             {remote: true, ask: true},
		login + "TERM=xterm-ghostty":                              {remote: true, ask: true},
		login + "TERM=xterm-256color LC_TERMINAL=Apple_Terminal":  {remote: true},
		login + "TERM=xterm-256color TERM_PROGRAM=Apple_Terminal": {remote: true},
		login + "TERM=xterm-256color LC_TERMINAL=iTerm2":          {remote: true, ask: true},
		login + "TERM=dumb":                                       {remote: true},
		login + "TERM=linux":                                      {remote: true},
		login:                                                     {remote: true},
		"SSH_CONNECTION=a TERM=xterm-256color":                    {remote: true}, // mosh, and our own server: asked by the library
		"TERM=tmux-256color TMUX=/tmp/x,1,0 TERM_PROGRAM=tmux":    {tmux: true},
		"TERM=screen-256color TMUX=/tmp/x,1,0":                    {tmux: true},
		login + "TERM=tmux-256color TMUX=/tmp/x,1,0":              {remote: true, ask: true, tmux: true},
		"SSH_CONNECTION=a TERM=tmux-256color":                     {remote: true, tmux: true}, // tmux at home
		"TERM=screen.xterm-256color STY=12.pts-1":                 {screen: true},
		"TERM=xterm-256color STY=12.pts-1":                        {screen: true},
		login + "TERM=screen STY=12.pts-1":                        {remote: true, screen: true},
		"SSH_CONNECTION=a TERM=screen":                            {remote: true, screen: true}, // screen at home
		"TERM=tmux-256color TMUX=/tmp/x,1,0 STY=12.pts-1":         {tmux: true},
	} {
		values := map[string]string{}
		for _, kv := range strings.Fields(env) {
			name, value, _ := strings.Cut(kv, "=")
			values[name] = value
		}
		if got := terminalOf(func(name string) string { return values[name] }); got != want {
			t.Errorf("%q: got %+v, want %+v", env, got, want)
		}
	}
}

func TestClipboardPassesThroughWhatStandsBetween(t *testing.T) {
	t.Parallel()
	text := strings.Repeat("192.0.2.1\n", 500)
	plain := "\x1b]52;c;" + base64.StdEncoding.EncodeToString([]byte(text)) + "\a"
	raw := func(in terminal) string {
		return strings.TrimSuffix(strings.TrimPrefix(fmt.Sprintf("%+v", in.copyOut(text)()), "{Msg:"), "}")
	}
	if got := raw(terminal{tmux: true}); got != plain+"\x1bPtmux;\x1b"+plain+"\x1b\\" {
		t.Errorf("tmux gets %.80q", got)
	}
	got := raw(terminal{screen: true})
	if strings.ReplaceAll(strings.TrimSuffix(strings.TrimPrefix(got, "\x1bP"), "\x1b\\"), "\x1b\\\x1bP", "") != plain {
		t.Errorf("screen passes on %.80q", got)
	}
	for part := range strings.SplitSeq(got, "\x1b\\") {
		if len(part) > 760 {
			t.Errorf("screen gets a part of %d bytes, and takes 768", len(part))
		}
	}
	if got := fmt.Sprint(terminal{}.copyOut(text)()); got != text {
		t.Errorf("a terminal itself gets %.80q, want what the library makes a sequence of", got)
	}
	if ansi.SetSystemClipboard("x") != "\x1b]52;c;eA==\a" {
		t.Error("the sequence is another")
	}
}
