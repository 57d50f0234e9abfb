//go:build unix

package files

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

func text(s string) func(io.Writer) error {
	return func(w io.Writer) error { _, err := io.WriteString(w, s); return err }
}

func wantFile(t *testing.T, path, want string) {
	t.Helper()
	if b, err := os.ReadFile(path); err != nil || string(b) != want {
		t.Errorf("%s: %q, %v", path, b, err)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestAFileIsWrittenWholeOrNotAtAll(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "out")
	must(t, os.WriteFile(path, []byte("before"), 0o644))
	fail := errors.New("no")
	err := Write(t.Context(), path, func(w io.Writer) error { return errors.Join(text("half")(w), fail) })
	left, dirErr := os.ReadDir(dir)
	if !errors.Is(err, fail) || dirErr != nil || len(left) != 1 {
		t.Errorf("%v; %v", err, left)
	}
	wantFile(t, path, "before")
	must(t, Write(t.Context(), path, text("after")))
	wantFile(t, path, "after")
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info, err)
	}
}

func TestADeviceStaysADevice(t *testing.T) {
	must(t, Write(t.Context(), os.DevNull, text("x")))
	info, err := os.Lstat(os.DevNull)
	if err != nil || info.Mode()&os.ModeCharDevice == 0 {
		t.Fatalf("%s is %v now, %v", os.DevNull, info.Mode(), err)
	}
	w, err := Append(t.Context(), os.DevNull)
	must(t, err)
	must(t, w.Close())
	if err := Write(t.Context(), t.TempDir(), text("x")); !errors.Is(err, errDirectory) {
		t.Error(err)
	}
}

func TestAPipeIsWrittenInto(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe")
	must(t, syscall.Mkfifo(path, 0o600))
	done := make(chan error, 1)
	go func() { done <- Write(t.Context(), path, text("through")) }()
	r, err := os.Open(path)
	must(t, err)
	b, err := io.ReadAll(r)
	if string(b) != "through" || errors.Join(err, r.Close(), <-done) != nil {
		t.Errorf("%q %v", b, err)
	}
	if info, err := os.Lstat(path); err != nil || info.Mode()&os.ModeNamedPipe == 0 {
		t.Errorf("the pipe is %v now, %v", info, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := Write(ctx, path, text("nobody")); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("nobody reads: %v", err)
	}
}

func TestOpenedFilesAreWrittenBehindWhatTheyHold(t *testing.T) {
	if _, err := os.Stat("/proc/self/fd"); err != nil {
		t.Skip("no /proc here")
	}
	path := filepath.Join(t.TempDir(), "log")
	must(t, os.WriteFile(path, []byte("before "), 0o600))
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	must(t, err)
	must(t, Write(t.Context(), "/proc/self/fd/"+strconv.Itoa(int(f.Fd())), text("after")))
	must(t, f.Close())
	wantFile(t, path, "before after")
}

func TestOnesOwnLinkLeadsToItsFile(t *testing.T) {
	dir := t.TempDir()
	must(t, os.Mkdir(filepath.Join(dir, "real"), 0o700))
	file, link := filepath.Join(dir, "real", "file"), filepath.Join(dir, "link")
	must(t, os.Symlink("real/file", link))
	must(t, Write(t.Context(), link, text("1")))
	wantFile(t, file, "1")
	w, err := Append(t.Context(), link)
	must(t, err)
	must(t, errors.Join(text("2")(w), w.Close()))
	wantFile(t, file, "12")
	if to, err := os.Readlink(link); to != "real/file" {
		t.Errorf("the link leads to %q, %v", to, err)
	}
	must(t, os.Symlink("round", filepath.Join(dir, "round")))
	if err := Write(t.Context(), filepath.Join(dir, "round"), text("x")); err == nil || !strings.Contains(err.Error(), "circle") {
		t.Error(err)
	}
}

// asRoot skips what only root can set up: files of somebody else.
func asRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root can make files of somebody else")
	}
}

func TestSomebodyElsesLinkIsRefused(t *testing.T) {
	asRoot(t)
	dir := t.TempDir()
	victim := filepath.Join(dir, "victim")
	must(t, os.WriteFile(victim, []byte("precious"), 0o600))
	must(t, os.Mkdir(filepath.Join(dir, "folder"), 0o700))
	for link, to := range map[string]string{"file": victim, "door": filepath.Join(dir, "folder")} {
		must(t, os.Symlink(to, filepath.Join(dir, link)))
		must(t, os.Lchown(filepath.Join(dir, link), 4242, 4242))
	}
	for _, path := range []string{"file", "door/new"} {
		path = filepath.Join(dir, path)
		if err := Write(t.Context(), path, text("x")); err == nil || !strings.Contains(err.Error(), "somebody else") {
			t.Errorf("%s: %v", path, err)
		}
		if _, err := Append(t.Context(), path); err == nil || !strings.Contains(err.Error(), "somebody else") {
			t.Errorf("%s: %v", path, err)
		}
	}
	wantFile(t, victim, "precious")
	if left, err := os.ReadDir(filepath.Join(dir, "folder")); err != nil || len(left) > 0 {
		t.Errorf("%v %v", left, err)
	}
}

func TestOnlyOurs(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "config")
	must(t, os.WriteFile(file, nil, 0o600))
	must(t, OnlyOurs(file))
	wrong := func(what, want string) {
		t.Helper()
		if err := OnlyOurs(file); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", what, err)
		}
	}
	must(t, os.Chmod(file, 0o602))
	wrong("everybody's file", "chmod go-w "+file)
	must(t, os.Chmod(file, 0o600))
	must(t, os.Chmod(dir, 0o777))
	wrong("everybody's folder", "chmod go-w "+dir)
	must(t, os.Chmod(dir, 0o777|os.ModeSticky))
	must(t, OnlyOurs(file))
	must(t, os.Chmod(dir, 0o700))
	asRoot(t)
	must(t, os.Chown(file, 4242, 0))
	wrong("somebody else's file", "belongs to somebody else")
	must(t, os.Chown(file, 0, 4242))
	must(t, os.Chmod(file, 0o620))
	wrong("a group's file", "chmod go-w")
}

func TestWhatEverybodyMayReadIsReadable(t *testing.T) {
	dir := t.TempDir()
	for name, want := range map[string]os.FileMode{"page": 0o644, "own": 0o600} {
		write := Write
		if name == "page" {
			write = WriteReadable
		}
		must(t, write(t.Context(), filepath.Join(dir, name), text("x")))
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v, want %v", name, info, err, want)
		}
	}
}
