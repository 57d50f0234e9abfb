package homes

import (
	"bytes"
	"compress/flate"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"io"
	"strings"
)

// table is one of a store's tables: the first columns are its key.
type table struct {
	name    string
	key     int
	columns []string
	texts   map[int]bool // columns that are text in a file; bytes on a server
	counts  bool         // its ids are given out in order, and never again
}

// tables are all of a store's, in the order they are copied: state last, since
// without it nothing is taken for a whole database. A name's $ tells a text.
func tables() []table {
	return []table{
		is("account", 1, "id name$", true),
		is("dataset", 1, "id account uuid$ name$ public analytics write_mode$ created deleted", true),
		is("term", 1, "id kind num value$", true),
		is("event", 1, "id ukey dataset flags doc", false),
		is("raw", 1, "event created source$ tlp$ data", false),
		is("relationship", 3, "parent child type", false),
		is("reference", 2, "src dst", false),
		is("pending", 4, "account want event type", false),
		is("segment", 1, "id changed meta", false),
		is("segcol", 1, "id data", false),
		is("gram", 1, "id data", false),
		is("category", 1, "id account fold$ name$ uuid$ kill_chain mitre_attack$ mitre_capec$ shortname$", true),
		is("tag", 1, "id account fold$ value$ uuid$ category$ fields$ version created updated", true),
		is("tag_category", 1, "id account fold$ name$ uuid$ description$ form$ created updated", true),
		is("change", 1, "id seq at account dataset actor$ op$ first_id last_id count before events run", true),
		is("undo", 1, "id data", false),
		is("saved_query", 1, "id account name$ email$ query$ alerts rollup rule rule_scope$ rule_list$ feed created updated", true),
		is("alert", 1, "id account query email$ enabled frequency$ type$ reason$ implied seen sent created updated", true),
		is("notification", 1, "id account alert query name$ at count events read told claimed", true),
		is("import_run", 1, "id account uuid$ at actor$ name$ created updated undone", true),
		is("imported", 2, "event run source$ version$ hash tlp made before", false),
		is("indicator", 2, "hash event", false),
		is("indicator_key", 2, "key event", false),
		is(stateTable, 1, "id change rewrites next_id sealed segment secret journal_from", false),
	}
}

const stateTable = "state"

func is(name string, key int, columns string, counts bool) table {
	t := table{name: name, key: key, columns: strings.Fields(columns), texts: map[int]bool{}, counts: counts}
	for i, c := range t.columns {
		t.columns[i], t.texts[i] = strings.CutSuffix(c, "$")
	}
	return t
}

func quoted(names []string) string { return `"` + strings.Join(names, `", "`) + `"` }

// read is the statement for all rows, or those of a span of keys, in the order
// of the keys.
func (t *table) read(where string) string {
	return fmt.Sprintf("SELECT %s FROM %q %s ORDER BY %s", quoted(t.columns), t.name, where, quoted(t.columns[:t.key]))
}

// span is the condition for the keys above after and up to upTo, with its
// parameters; nil leaves that side open.
func (t *table) span(after, upTo []any) (where string, args []any) {
	key := "(" + quoted(t.columns[:t.key]) + ")"
	marks := "(" + strings.TrimSuffix(strings.Repeat("?, ", t.key), ", ") + ")"
	var parts []string
	if after != nil {
		parts, args = append(parts, key+" > "+marks), append(args, after...)
	}
	if upTo != nil {
		parts, args = append(parts, key+" <= "+marks), append(args, upTo...)
	}
	if len(parts) > 0 {
		where = "WHERE " + strings.Join(parts, " AND ")
	}
	return where, args
}

// digest is a running hash of rows, which is the same in every home.
type digest struct {
	hash.Hash
	rows int64
	buf  []byte
}

func newDigest() *digest { return &digest{Hash: sha256.New()} }

// add takes a row of numbers, bytes and nothings in.
func (d *digest) add(row []any) error {
	b := d.buf[:0]
	for _, v := range row {
		switch v := v.(type) {
		case nil:
			b = append(b, 0)
		case int64:
			b = binary.AppendVarint(append(b, 1), v)
		case []byte:
			b = append(binary.AppendUvarint(append(b, 2), uint64(len(v))), v...)
		default:
			return fmt.Errorf("a value of type %T", v)
		}
	}
	d.rows++
	d.buf = b
	d.Write(b) // a hash takes everything
	return nil
}

func (d *digest) sum() string { return fmt.Sprintf("%x", d.Sum(nil)) }

// The forms of a document, by its first byte; the UUID follows, then what may
// be compressed.
const (
	docPlain   = 1
	docDeflate = 2
	docHead    = 1 + 16
)

var errDocument = errors.New("a document of unknown form")

// plainDoc is a document as a server keeps it, where SQL reads it: without
// compression, which its tables have of their own.
func plainDoc(doc []byte) ([]byte, error) {
	if len(doc) < docHead {
		return nil, errDocument
	}
	if doc[0] == docPlain {
		return doc, nil
	}
	if doc[0] != docDeflate {
		return nil, errDocument
	}
	rest, err := io.ReadAll(flate.NewReader(bytes.NewReader(doc[docHead:])))
	if err != nil {
		return nil, fmt.Errorf("unpacking an event: %w", err)
	}
	return append(append([]byte{docPlain}, doc[1:docHead]...), rest...), nil
}
