package files

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// maxLinks is how many links a path may lead through.
const maxLinks = 40

// visitor sees everything that a path leads through: folders, links, and at
// last the file, where it is there.
type visitor func(path string, info fs.FileInfo) error

// follow finds where a path leads, through links of the person's own and of
// root. handle reports that it leads to something open already (/dev/stdout),
// which has no path.
func follow(path string, visit visitor) (at string, handle bool, err error) {
	if !filepath.IsAbs(path) {
		wd, err := os.Getwd()
		if err != nil {
			return "", false, err
		}
		path = wd + string(filepath.Separator) + path // as it is: a ".." behind a link is that of its target
	}
	if filepath.Separator != '/' {
		return path, false, nil
	}
	w := walk{at: "/", rest: strings.Split(path, "/"), visit: visit}
	for len(w.rest) > 0 && !w.handle {
		if err := w.step(); err != nil {
			return "", false, err
		}
	}
	return w.at, w.handle, nil
}

type walk struct {
	at     string // without links
	rest   []string
	links  int
	handle bool
	visit  visitor
}

func (w *walk) step() error {
	name := w.rest[0]
	w.rest = w.rest[1:]
	switch name {
	case "", ".":
		return nil
	case "..":
		w.at = filepath.Dir(w.at)
		return nil
	}
	next := filepath.Join(w.at, name)
	info, err := os.Lstat(next)
	switch {
	case errors.Is(err, fs.ErrNotExist) && len(w.rest) == 0:
		w.at = next // it is to be made
		return nil
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("there is no folder %s", next)
	case err != nil:
		return inFolder(next, err)
	}
	if w.visit != nil {
		if err := w.visit(next, info); err != nil {
			return err
		}
	}
	if info.Mode()&fs.ModeSymlink == 0 {
		w.at = next
		return nil
	}
	return w.link(next, info)
}

func (w *walk) link(path string, info fs.FileInfo) error {
	if w.links++; w.links > maxLinks {
		return errors.New("its links go round in a circle")
	}
	if who, known := ownerOf(info); known && !ours(who) {
		return fmt.Errorf("%s is a link of somebody else (user %d): name a file of your own", path, who)
	}
	if strings.HasPrefix(path, "/proc/") && strings.Contains(path, "/fd/") {
		w.at, w.handle = path, len(w.rest) == 0
		return nil
	}
	to, err := os.Readlink(path)
	if err != nil {
		return plain(err)
	}
	if filepath.IsAbs(to) {
		w.at = "/"
	}
	w.rest = append(strings.Split(to, "/"), w.rest...)
	return nil
}
