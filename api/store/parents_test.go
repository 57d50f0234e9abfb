package store

import (
	"context"
	"testing"

	"threatbench/api"
)

func TestParentsOfEvents(t *testing.T) {
	d := openNew(t)
	parent, child, alone := numbered(1), numbered(2), numbered(3)
	child.Relationships = []api.RelationshipInput{{ParentID: parent.UUID, RelationshipType: "caused_by"}, {ParentID: parent.UUID, RelationshipType: "related_to"}}
	create(t, d, parent, child, alone)
	got, err := d.Parents(context.Background(), testAccount, []string{parent.UUID, child.UUID, alone.UUID})
	if err != nil {
		t.Fatal(err)
	}
	of := got[child.UUID]
	if len(got) != 1 || len(of) != 2 || of[0].ParentID != parent.UUID || of[0].RelationshipType != "related_to" || of[1].RelationshipType != "caused_by" {
		t.Errorf("the parents are %+v", got)
	}
	if got, err := d.Parents(context.Background(), testAccount, []string{"00000000-0000-4000-8000-00000000ffff"}); err != nil || len(got) > 0 {
		t.Errorf("an event that is gone: %v, %v", got, err)
	}
}
