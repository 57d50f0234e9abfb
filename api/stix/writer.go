package stix

import (
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"
	"strings"

	"threatbench/api"
)

// Writer writes a bundle of any number of events, one after the other. What
// events share (observables, actors, techniques) is written when it is first
// met, with the marking of the event that brings it: give the events with the
// strictest marking first. Of every shared object some
// forty bytes are remembered, of the events nothing.
type Writer struct {
	w      io.Writer
	sum    hash.Hash
	b      builder
	marked [api.TLPRed + 1]bool
	any    bool
}

// NewWriter begins a bundle on w. Close ends it.
func NewWriter(w io.Writer) *Writer {
	return &Writer{w: w, sum: sha256.New(), b: builder{seen: map[objectKey]bool{}, lasting: map[string]bool{}, validUUID: stixUUID()}}
}

// Event writes an event and the relationships in which it is the child.
func (w *Writer) Event(e api.Event, edges []Edge) error {
	w.b.noteMarkings(e)
	if tlp, ok := api.ParseTLP(e.TLP); ok && !w.marked[tlp] {
		w.marked[tlp] = true
		w.b.addMarking(tlp)
	}
	w.b.addEvent(&e)
	for _, edge := range edges {
		w.b.addEdge(edge)
	}
	if !e.HasChildren {
		delete(w.b.strictest, keyOf(w.b.incidentID(e.UUID)))
	}
	return w.flush()
}

// flush writes what was gathered and forgets what no other event can bring.
func (w *Writer) flush() error {
	if w.b.err != nil {
		return w.b.err
	}
	for _, object := range w.b.out {
		lead := ",\n"
		if !w.any {
			lead = `{"type":"bundle","objects":[` + "\n"
		}
		w.any = true
		w.sum.Write(object) //nolint:errcheck // never fails
		if _, err := io.WriteString(w.w, lead); err != nil {
			return err
		}
		if _, err := w.w.Write(escaped(object)); err != nil {
			return err
		}
	}
	w.b.out = w.b.out[:0]
	for _, id := range w.b.added {
		if belongsToOne(id) && !w.b.lasting[id] {
			delete(w.b.seen, keyOf(id))
		}
	}
	w.b.added = w.b.added[:0]
	return nil
}

// belongsToOne tells whether objects of the id's type belong to one event.
func belongsToOne(id string) bool {
	kind, _, _ := strings.Cut(id, "--")
	switch kind {
	case "incident", "indicator", "observed-data", "sighting", "note", "relationship":
		return true
	}
	return false
}

// Close ends the bundle; its id, which follows from the content, stands last.
func (w *Writer) Close() error {
	id := madeID("bundle", hex.EncodeToString(w.sum.Sum(nil)))
	end := "\n],\"id\":\"" + id + "\"}\n"
	if !w.any {
		end = `{"type":"bundle","id":"` + id + "\"}\n"
	}
	_, err := io.WriteString(w.w, end)
	return err
}
