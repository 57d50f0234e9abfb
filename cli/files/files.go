// Package files writes the files that a person names, and tells who else may
// write one that is trusted.
//
// A regular file is written whole or not at all: beside it first, then renamed.
// What isn't one (a pipe, a terminal, /dev/null) is written into and stays what
// it is. A symbolic link is followed to its end where it is the person's own or
// root's, so that the file it names is written and the link stays; somebody
// else's is refused, wherever in the path it stands.
package files

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// Write has write fill the file at path. What was there stays as it is until
// all is written. Ending ctx ends waiting for the reader of a pipe. A new one is
// its owner's alone.
func Write(ctx context.Context, path string, write func(io.Writer) error) error {
	return writeAs(ctx, path, 0o600, write)
}

// WriteReadable is Write for what everybody may read.
func WriteReadable(ctx context.Context, path string, write func(io.Writer) error) error {
	return writeAs(ctx, path, 0o644, write)
}

func writeAs(ctx context.Context, path string, mode fs.FileMode, write func(io.Writer) error) error {
	d, err := find(path)
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	if d.special {
		return into(ctx, d.path, path, write)
	}
	return whole(d.path, path, mode, write)
}

// Append opens the file at path to write behind what is there. A new one is
// its owner's alone.
func Append(ctx context.Context, path string) (io.WriteCloser, error) {
	d, err := find(path)
	if err == nil && d.special {
		return openSpecial(ctx, d.path, path)
	}
	if err != nil {
		return nil, fmt.Errorf("writing %s: %w", path, err)
	}
	f, err := os.OpenFile(d.path, os.O_WRONLY|os.O_CREATE|os.O_APPEND|noFollow, 0o600)
	if err != nil {
		return nil, fmt.Errorf("writing %s: %w", path, plain(err))
	}
	return f, nil
}

// destination is what a path leads to.
type destination struct {
	path    string // without links
	special bool   // not a regular file: it is written into
}

// find follows a path to what is to be written.
func find(path string) (destination, error) {
	if strings.HasSuffix(path, string(filepath.Separator)) {
		return destination{}, errDirectory
	}
	at, handle, err := follow(path, nil)
	if err != nil {
		return destination{}, err
	}
	if handle { // /dev/stdout and the like: what is open already, whatever that is
		return destination{at, true}, nil
	}
	info, err := os.Lstat(at)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return destination{path: at}, nil
	case err != nil:
		return destination{}, plain(err)
	}
	switch mode := info.Mode(); {
	case mode.IsRegular():
		return destination{path: at}, nil
	case mode.IsDir():
		return destination{}, errDirectory
	case mode&fs.ModeSocket != 0:
		return destination{}, errors.New("it is a socket, not a file")
	case mode&fs.ModeDevice != 0 && mode&fs.ModeCharDevice == 0:
		return destination{}, errors.New("it is a disk, not a file")
	}
	return destination{at, true}, nil
}

var errDirectory = errors.New("it is a folder: name a file in it")

// whole writes a new file beside the old one and puts it in its place.
func whole(at, named string, mode fs.FileMode, write func(io.Writer) error) error {
	f, err := os.CreateTemp(filepath.Dir(at), ".threatbench-*") // for its owner alone
	if err != nil {
		return fmt.Errorf("writing %s: %w", named, inFolder(filepath.Dir(at), err))
	}
	if err := write(f); err != nil {
		return errors.Join(err, f.Close(), os.Remove(f.Name()))
	}
	err = errors.Join(f.Chmod(mode), f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), at)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("writing %s: %w", named, err), os.Remove(f.Name()))
	}
	return nil
}

// into writes to what is no regular file.
func into(ctx context.Context, at, named string, write func(io.Writer) error) error {
	f, err := openSpecial(ctx, at, named)
	if err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { f.Close() }) // wakes a write to a pipe that nobody reads
	defer stop()
	err = write(f)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("writing into %s, which may have a part of it: %w", named, plain(err))
	}
	return nil
}

// waitForReader is how often it is looked whether a pipe has a reader.
const waitForReader = 20 * time.Millisecond

// openSpecial opens what is no regular file. A pipe is opened once somebody
// reads it.
func openSpecial(ctx context.Context, at, named string) (*os.File, error) {
	for {
		f, err := os.OpenFile(at, os.O_WRONLY|os.O_APPEND|noWait, 0)
		if !errors.Is(err, syscall.ENXIO) || !isPipe(at) {
			if err != nil {
				return nil, fmt.Errorf("writing into %s: %w", named, plain(err))
			}
			return f, nil
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("waiting for a reader of %s: %w", named, ctx.Err())
		case <-time.After(waitForReader):
		}
	}
}

func isPipe(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode()&fs.ModeNamedPipe != 0
}

// plain takes the call and the path from an error, which says them already.
func plain(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}

// inFolder says of which folder an error is.
func inFolder(dir string, err error) error { return fmt.Errorf("the folder %s: %w", dir, plain(err)) }
