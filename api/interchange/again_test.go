package interchange_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"threatbench/api"
	"threatbench/api/interchange"
)

// foreign is a server of the plain contract, which names events itself.
type foreign struct{ parts []api.BulkCreate }

func (f *foreign) Capabilities(context.Context) (api.Capabilities, error) {
	return api.Capabilities{}, nil
}

func (f *foreign) Datasets(context.Context) ([]api.Dataset, error) { return nil, nil }

func (f *foreign) CreateDataset(context.Context, string, bool) (api.Dataset, error) {
	return api.Dataset{}, nil
}

func (f *foreign) CreateBulkRelated(_ context.Context, b api.BulkCreate) (api.BulkResult, error) {
	f.parts = append(f.parts, b)
	return api.BulkResult{CreatedEventsCount: len(b.Data)}, nil
}

func TestForeignServersAreImportedToOnlyWhenAsked(t *testing.T) {
	const list = "bad.example\nworse.example\n"
	for _, c := range []struct {
		o       interchange.ImportOptions
		refused bool
		sent    int
		unsure  bool
	}{
		{interchange.ImportOptions{}, true, 0, false},
		{interchange.ImportOptions{Again: true}, false, 1, false},
		{interchange.ImportOptions{Plan: true}, false, 0, true},
	} {
		f := &foreign{}
		r, err := interchange.Import(context.Background(), strings.NewReader(list), f, c.o, nil)
		if errors.Is(err, interchange.ErrUnsure) != c.refused || err != nil && !c.refused {
			t.Errorf("%+v: %v", c.o, err)
		}
		if len(f.parts) != c.sent || r.Unsure != c.unsure {
			t.Errorf("%+v: %d parts sent, unsure %v; want %d, %v", c.o, len(f.parts), r.Unsure, c.sent, c.unsure)
		}
		if c.sent > 0 && f.parts[0].Import != nil {
			t.Errorf("%+v: a server of the plain contract is told of the import", c.o)
		}
	}
}
