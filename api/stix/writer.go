package stix

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"

	"threatbench/api"
	"threatbench/api/extsort"
)

// Writer writes a bundle of any number of events, one after the other, in
// bounded memory. What events share (observables, actors, techniques) and what
// ties them together comes last, each object once and with the strictest
// marking of the events that bring it, in whatever order they come. Until then
// it waits in a temporary file.
type Writer struct {
	w      io.Writer
	sum    hash.Hash
	b      builder
	tlp    api.TLP // of the event being written
	later  *extsort.Sorter
	waits  map[extsort.Key]api.TLP // what was put aside lately, with its marking
	most   int                     // of waits
	marked [api.TLPRed + 1]bool
	any    bool
}

// The classes of what is put aside.
const (
	classEvent  = iota // under the id of an incident: its marking
	classEdge          // under the id of the parent: a relationship between two events
	classShared        // under its own id: an object that several events may bring
)

const (
	laterBytes = 8 << 20
	mostWaits  = 1 << 15
)

// NewWriter begins a bundle on w. Close ends it, Discard gives it up.
func NewWriter(w io.Writer) *Writer {
	out := &Writer{w: w, sum: sha256.New(), later: extsort.New(laterBytes), waits: map[extsort.Key]api.TLP{}, most: mostWaits}
	out.b = builder{seen: map[objectKey]bool{}, validUUID: stixUUID(), aside: out.putAside}
	return out
}

// Event writes an event and the relationships in which it is the child.
func (w *Writer) Event(e api.Event, edges []Edge) error {
	tlp, ok := api.ParseTLP(e.TLP)
	w.tlp = tlp
	clear(w.b.seen)
	if ok && !w.marked[tlp] {
		w.marked[tlp] = true
		w.b.addMarking(tlp)
	}
	id := w.b.incidentID(e.UUID)
	if err := w.later.Add(extsort.KeyOf(id, classEvent), []byte{byte(tlp)}); err != nil {
		return err
	}
	for _, edge := range edges {
		if err := w.edge(edge); err != nil {
			return err
		}
	}
	if !w.any {
		w.b.addDefinition()
	}
	w.b.addEvent(&e, edges)
	return w.flush()
}

// edge puts a relationship aside until both ends' markings are known. A
// reference that says the same isn't written as well.
func (w *Writer) edge(e Edge) error {
	r := w.b.edgeOf(e, 0)
	key := keyOf(r.ID)
	if w.b.seen[key] {
		return nil
	}
	w.b.seen[key] = true
	raw, err := marshal(r)
	if err != nil {
		return fmt.Errorf("writing %s: %w", r.ID, err)
	}
	return w.later.Add(extsort.KeyOf(r.Target, classEdge), append([]byte{byte(w.tlp)}, raw...))
}

// putAside keeps an object that has no marking yet for the end.
func (w *Writer) putAside(id string, object any) error {
	key := extsort.KeyOf(id, classShared)
	if tlp, ok := w.waits[key]; ok && tlp >= w.tlp {
		return nil
	}
	if len(w.waits) >= w.most {
		clear(w.waits) // what comes again is put aside again, and found to be the same at the end
	}
	w.waits[key] = w.tlp
	raw, err := marshal(object)
	if err != nil {
		return fmt.Errorf("writing %s: %w", id, err)
	}
	return w.later.Add(key, append([]byte{byte(w.tlp)}, raw...))
}

// flush writes what was gathered.
func (w *Writer) flush() error {
	if w.b.err != nil {
		return w.b.err
	}
	for _, object := range w.b.out {
		if err := w.write(object); err != nil {
			return err
		}
	}
	w.b.out = w.b.out[:0]
	return nil
}

func (w *Writer) write(object []byte) error {
	lead := ",\n"
	if !w.any {
		lead = `{"type":"bundle","objects":[` + "\n"
	}
	w.any = true
	w.sum.Write(object) // never fails
	if _, err := io.WriteString(w.w, lead); err != nil {
		return err
	}
	_, err := w.w.Write(escaped(object))
	return err
}

// Close writes what was put aside and ends the bundle; its id, which follows
// from the content, stands last.
func (w *Writer) Close() (err error) {
	defer func() { err = errors.Join(err, w.Discard()) }()
	if err := w.writeLater(); err != nil {
		return err
	}
	id := madeID("bundle", hex.EncodeToString(w.sum.Sum(nil)))
	end := "\n],\"id\":\"" + id + "\"}\n"
	if !w.any {
		end = `{"type":"bundle","id":"` + id + "\"}\n"
	}
	_, err = io.WriteString(w.w, end)
	return err
}

// Discard lets go of what was put aside.
func (w *Writer) Discard() error { return w.later.Close() }

// writeLater writes what was put aside, with the markings known by now.
func (w *Writer) writeLater() error {
	table, err := w.later.Sorted()
	if err != nil {
		return err
	}
	var last extsort.Key // of the group under way
	var tlp api.TLP      // the strictest in it
	var object []byte    // to be written when it ends
	end := func() error {
		if object == nil {
			return nil
		}
		err := w.write(withMarking(object, tlp))
		object = nil
		return err
	}
	err = table.All(func(k extsort.Key, payload []byte) error {
		if [15]byte(k[:]) != [15]byte(last[:]) {
			if err := end(); err != nil {
				return err
			}
			tlp = api.TLPNone
		}
		last = k
		mark := api.TLP(payload[0])
		if k[15] == classEdge {
			return w.write(withMarking(payload[1:], max(mark, tlp)))
		}
		if tlp = max(tlp, mark); k[15] == classShared && object == nil {
			object = append([]byte{}, payload[1:]...)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return end()
}

// withMarking writes a marking into an object that has none.
func withMarking(object []byte, tlp api.TLP) []byte {
	id := markingID(tlp)
	if id == "" {
		return object
	}
	out := append([]byte{}, object[:len(object)-1]...)
	return append(out, `,"object_marking_refs":["`+id+`"]}`...)
}
