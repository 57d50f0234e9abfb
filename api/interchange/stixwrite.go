package interchange

import (
	"bufio"

	"threatbench/api/stix"
)

// bundleEncoder writes a STIX bundle.
type bundleEncoder struct{ w *stix.Writer }

func (b *bundleEncoder) begin(w *bufio.Writer) error {
	b.w = stix.NewWriter(w)
	return nil
}

func (b *bundleEncoder) event(_ *bufio.Writer, x exported) error {
	edges := make([]stix.Edge, len(x.parents))
	for i, p := range x.parents {
		edges[i] = stix.Edge{Parent: p.ParentID, Child: x.event.UUID, Type: p.RelationshipType}
	}
	return b.w.Event(*x.event, edges)
}

func (b *bundleEncoder) end(*bufio.Writer, ExportReport) error { return b.w.Close() }

// Close lets go of what an export that failed has put aside.
func (b *bundleEncoder) Close() error {
	if b.w == nil {
		return nil
	}
	return b.w.Discard()
}
