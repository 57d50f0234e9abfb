package interchange

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"sync/atomic"

	"threatbench/api/interchange/table"
)

// The bounds of a folder or an archive.
const (
	maxMembers  = 100_000
	maxArchive  = 4 << 30   // bytes of an archive
	maxUnpacked = 16 << 30  // bytes of all its files together
	largeMember = 256 << 20 // bytes from which on a file may not shrink by more than maxRatio
	maxRatio    = 200
	maxManifest = 64 << 20
)

// ImportAll reads all files of a folder, as Import reads one, in the order of
// their names and as one import. Hidden files are passed over; a file that
// can't be read or is of no known form is reported, and the others are taken.
// Of a MISP feed the manifest tells what must be there.
func ImportAll(ctx context.Context, folder fs.FS, sink Sink, o ImportOptions, progress func(Progress)) (Report, error) {
	o = o.withDefaults()
	var read atomic.Int64
	im, err := newImporter(ctx, sink, o, read.Load, progress)
	if err != nil {
		return Report{}, err
	}
	return im.finish(im.readMembers(folder, &read))
}

// isArchive tells an archive from a document that is one inside.
func isArchive(f *file) (bool, error) {
	if !f.binary {
		return false, nil
	}
	const most = 64 << 10
	head, err := f.Peek(most)
	if err != nil && !errors.Is(err, io.EOF) {
		return false, f.broken(err)
	}
	return bytes.HasPrefix(head, []byte("PK")) && !isOffice(head, "xl/") && !isOffice(head, "word/") && !isOffice(head, "ppt/"), nil
}

// readArchive takes the files of an archive.
func (im *importer) readArchive(p *passes) error {
	return p.whole(maxArchive, func(in io.ReaderAt, size int64) error {
		z, err := zip.NewReader(in, size)
		if err != nil {
			return fmt.Errorf("no archive that can be read: %w", err)
		}
		return im.readMembers(z, nil)
	})
}

// members are the files of a folder in order.
type members struct {
	im    *importer
	names []string
	size  int64
}

func (im *importer) readMembers(folder fs.FS, read *atomic.Int64) error {
	m := members{im: im}
	if err := fs.WalkDir(folder, ".", m.visit); err != nil {
		return fmt.Errorf("listing the files: %w", err)
	}
	slices.Sort(m.names)
	if err := m.feeds(folder); err != nil {
		return err
	}
	asked, formats := im.o.Format, map[Format]bool{}
	im.mapped = map[string]bool{}
	for _, name := range m.names {
		im.o.Format, im.member = asked, name
		n, err := im.readMember(folder, name)
		if im.ended() {
			return context.Cause(im.ctx)
		}
		if err != nil {
			im.reject(place{}, err.Error())
		}
		if read != nil {
			read.Add(n)
		}
		formats[im.o.Format] = true
		im.report.Files++
	}
	if im.member = ""; len(formats) == 1 {
		im.report.Format = im.o.Format
	}
	for _, name := range slices.Sorted(maps.Keys(im.o.Columns)) {
		if !im.mapped[name] {
			im.reject(place{}, fmt.Sprintf("no file has a column %q", name))
		}
	}
	return nil
}

func (m *members) visit(name string, d fs.DirEntry, err error) error {
	switch base := path.Base(name); {
	case m.im.ended():
		return context.Cause(m.im.ctx)
	case err != nil:
		m.im.reject(place{file: name}, err.Error())
	case name != "." && (strings.HasPrefix(base, ".") || base == "__MACOSX"):
		m.im.leave("hidden file", "what is hidden isn't read")
		if d.IsDir() {
			return fs.SkipDir
		}
	case d.IsDir():
	case !d.Type().IsRegular():
		m.im.leave("link", "links and devices in a folder aren't followed")
	case len(m.names) >= maxMembers:
		return fmt.Errorf("more than %d files", maxMembers)
	default:
		m.take(name, d)
	}
	return nil
}

// take adds a file, but for one of an archive that can't be read within bounds.
func (m *members) take(name string, d fs.DirEntry) {
	info, err := d.Info()
	if err != nil {
		m.im.reject(place{file: name}, err.Error())
		return
	}
	if h, ok := info.Sys().(*zip.FileHeader); ok {
		m.size += info.Size()
		switch {
		case h.Flags&1 != 0:
			m.im.reject(place{file: name}, "it is encrypted; unpack it first")
			return
		case h.UncompressedSize64 > largeMember && h.UncompressedSize64/max(h.CompressedSize64, 1) > maxRatio:
			m.im.reject(place{file: name}, fmt.Sprintf("it unpacks to %d MiB, more than %d times its size", h.UncompressedSize64>>20, maxRatio))
			return
		case m.size > maxUnpacked:
			m.im.reject(place{file: name}, fmt.Sprintf("the archive unpacks to more than %d GiB", maxUnpacked>>30))
			return
		}
	}
	m.names = append(m.names, name)
}

// readMember takes one file, and tells how many bytes of it were read.
func (im *importer) readMember(folder fs.FS, name string) (n int64, err error) {
	in, err := folder.Open(name)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	p, err := newPasses(in)
	if err != nil {
		return 0, err
	}
	zipped, err := isArchive(p.first)
	switch {
	case err != nil:
		return p.bytes(), err
	case zipped:
		return p.bytes(), errors.New("an archive within a folder or an archive; unpack it, or import it by itself")
	}
	o := im.o
	o.Name, o.Columns = path.Base(name), nil // a mapping makes no table of what is none
	if im.o.Format, err = formatOf(p.first, o); err != nil {
		return p.bytes(), err
	}
	return p.bytes(), im.readFile(p)
}

// feeds looks for feeds of MISP: the files that only list the others aren't
// read, and what a manifest names must be there.
func (m *members) feeds(folder fs.FS) error {
	for _, name := range m.names {
		if path.Base(name) != "manifest.json" {
			continue
		}
		named, err := manifest(folder, name)
		if err != nil {
			m.im.reject(place{file: name}, err.Error())
			continue
		}
		if named == nil {
			continue
		}
		dir := path.Dir(name)
		drop := []string{name, path.Join(dir, "hashes.csv")}
		m.im.note(place{file: name}, fmt.Sprintf("a MISP feed of %s", counted(len(named), "event")))
		for _, id := range named {
			if _, there := slices.BinarySearch(m.names, path.Join(dir, id+".json")); !there {
				m.im.reject(place{file: name, object: id}, "the manifest names this event, its file isn't there")
			}
		}
		m.names = slices.DeleteFunc(m.names, func(s string) bool { return slices.Contains(drop, s) })
		return m.feeds(folder) // of several feeds the next
	}
	return nil
}

// manifest is the UUIDs that the manifest of a MISP feed names; nil for a file
// that is none.
func manifest(folder fs.FS, name string) (ids []string, err error) {
	f, err := folder.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	b, err := io.ReadAll(io.LimitReader(f, maxManifest+1))
	if err != nil || len(b) > maxManifest {
		return nil, errors.Join(err, fmt.Errorf("a manifest of more than %d MiB, or one that can't be read", maxManifest>>20))
	}
	var events map[string]struct {
		Info *string `json:"info"`
	}
	if json.Unmarshal(b, &events) != nil {
		return nil, nil
	}
	for id, e := range events {
		if _, err := parseUUID(id); err != nil || e.Info == nil {
			return nil, nil
		}
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids, nil
}

// mappingFor is what of the mapping is for a table: one of several files has
// some of the columns, another has others.
func (im *importer) mappingFor(t *table.Table) map[string]string {
	if im.member == "" {
		return im.o.Columns
	}
	out := map[string]string{}
	for name, field := range im.o.Columns {
		if t.Holds(name) {
			out[name] = field
			im.mapped[name] = true
		}
	}
	return out
}
