package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// edit runs the person's editor on a text, in a file that only they may read.
// The editor is named by the usual variables, else vi. It is run without a
// shell: its arguments are words and nothing more.
func (a *app) edit(name, text string, in io.Reader, out, errout io.Writer) (edited string, err error) {
	argv := strings.Fields(cmp.Or(a.env.Getenv("VISUAL"), a.env.Getenv("EDITOR"), "vi"))
	dir, err := os.MkdirTemp("", "threatbench-")
	if err != nil {
		return "", fmt.Errorf("making a place for the editor: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		return "", fmt.Errorf("handing the text to the editor: %w", err)
	}
	cmd := exec.CommandContext(context.Background(), argv[0], append(argv[1:], path)...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = in, out, errout
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("the editor %s: %w (EDITOR names another one)", argv[0], err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("reading what was edited: %w", err)
	}
	return string(b), nil
}
