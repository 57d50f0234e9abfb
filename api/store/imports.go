package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/google/uuid"

	"threatbench/api"
)

// importRun is the import that a bulk create is a part of.
type importRun struct {
	id int64
}

// What an import did to an event that it has.
const (
	importChanged = iota // brought it up to date
	importMade
	importShared // found it as another import had left it
)

// importedAs is what the last import that had an event left of it.
type importedAs struct {
	event, run      int64
	source, version string
	hash            [hashSize]byte
	tlp             api.TLP
	how             int
}

const reasonRevoked = "it was revoked"

// errForeseen ends a bulk create that is only to tell what it would do.
var errForeseen = errors.New("foreseen")

// Foresee answers what Create would, and changes nothing. A database open for
// reading only answers, too, where its place could be written.
func (d *DB) Foresee(ctx context.Context, who Actor, account string, b api.BulkCreate) (api.BulkResult, error) {
	if err := needAccount(account); err != nil {
		return api.BulkResult{}, err
	}
	batch := newBatch(b)
	err := d.alone(ctx, d.writing(ctx, who, account, func(c *writeTx) error {
		if err := batch.run(c); err != nil {
			return err
		}
		return errForeseen
	}))
	if !errors.Is(err, errForeseen) {
		return api.BulkResult{}, err
	}
	return batch.res, nil
}

// beginImport finds the import that a request is a part of, or notes it.
func (t *batch) beginImport(c *writeTx) error {
	p := t.req.Import
	switch {
	case p == nil:
		return nil
	case !t.req.PreserveUUID:
		return api.Errorf(http.StatusBadRequest, "import: wants preserveUuid, since events are known again by it")
	case len(p.Origins) != len(t.items):
		return api.Errorf(http.StatusBadRequest, "import.origins: want one for each of the %d events, got %d", len(t.items), len(p.Origins))
	}
	if _, err := uuid.Parse(p.ID); err != nil {
		return api.Errorf(http.StatusBadRequest, "import.id: want a UUID, got %q", short(p.ID))
	}
	name := p.Name
	if err := checkText("import.name", &name, maxShort); err != nil {
		return api.Errorf(http.StatusBadRequest, "%s", err.Error())
	}
	for i, o := range p.Origins {
		if len(o.ID) > maxShort || len(o.Version) > maxShort {
			return api.Errorf(http.StatusBadRequest, "import.origins[%d]: want at most %d bytes of id and version", i, maxShort)
		}
	}
	t.importing = &importRun{}
	_, err := c.s.exec(c.ctx, `INSERT INTO import_run (account, uuid, at, actor, name, created, updated, undone) VALUES (?, ?, ?, ?, ?, 0, 0, 0) ON CONFLICT DO NOTHING`,
		c.account, strings.ToLower(p.ID), c.now, c.who.Name, name)
	if err != nil {
		return fmt.Errorf("noting the import: %w", err)
	}
	if err := c.s.queryRow(c.ctx, "SELECT id FROM import_run WHERE account = ? AND uuid = ?", c.account, strings.ToLower(p.ID)).Scan(&t.importing.id); err != nil {
		return fmt.Errorf("noting the import: %w", err)
	}
	return nil
}

// isRevoked tells whether nothing new is to be made of an event.
func (t *batch) isRevoked(it *item) bool {
	return t.importing != nil && t.req.Import.Origins[it.index].Revoked
}

// importThem keeps what the new events were made from, and brings those that
// are there in an older version up to date.
func (t *batch) importThem(c *writeTx) error {
	if t.importing == nil {
		return nil
	}
	if err := t.noteImported(c); err != nil {
		return err
	}
	if err := t.renewAll(c); err != nil {
		return err
	}
	_, err := c.s.exec(c.ctx, "UPDATE import_run SET created = created + ?, updated = updated + ? WHERE id = ?", t.res.CreatedEventsCount, t.res.UpdatedEventsCount, t.importing.id)
	if err == nil {
		_, err = c.s.exec(c.ctx, "UPDATE change SET run = ? WHERE account = ? AND seq = ? AND at = ?", t.importing.id, c.account, c.state.change, c.now)
	}
	if err != nil {
		return fmt.Errorf("noting the import: %w", err)
	}
	return nil
}

// noteImported keeps what the new events were made from.
func (t *batch) noteImported(c *writeTx) error {
	var rows []importedAs
	for _, it := range t.fresh() {
		o := t.req.Import.Origins[it.index]
		tlp, _ := api.ParseTLP(it.in.TLP)
		rows = append(rows, importedAs{event: it.id, run: t.importing.id, source: o.ID, version: o.Version, hash: it.hash, tlp: tlp, how: importMade})
	}
	return c.noteImported(rows)
}

// noteImported keeps what an import did to events; what it did before counts.
func (c *writeTx) noteImported(rows []importedAs) error {
	const row = "(?,?,?,?,?,?,?)"
	for part := range slices.Chunk(rows, rowsPerInsert) {
		var args []any
		for _, a := range part {
			args = append(args, a.event, a.run, a.source, a.version, a.hash[:], int(a.tlp), a.how)
		}
		_, err := c.s.exec(c.ctx, "INSERT INTO imported (event, run, source, version, hash, tlp, made) VALUES "+
			row+strings.Repeat(","+row, len(part)-1)+" ON CONFLICT (event, run) DO NOTHING", args...)
		if err != nil {
			return fmt.Errorf("noting what was imported: %w", err)
		}
	}
	return nil
}

// renewAll goes through the events that are there already.
func (t *batch) renewAll(c *writeTx) error {
	var ids []int64
	for _, it := range t.items {
		if it != nil && it.exists && !it.twin {
			ids = append(ids, it.id)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	known, err := c.s.importedAs(c.ctx, ids)
	if err != nil {
		return err
	}
	e, cats := c.newEdit(opUpdate), newCategories(c)
	var shared []importedAs
	for _, it := range t.items {
		if it == nil || !it.exists || it.twin {
			continue
		}
		r := renewal{batch: t, edit: e, cats: cats, item: it, origin: t.req.Import.Origins[it.index]}
		was := known[it.id]
		if err := r.run(was); err != nil {
			return err
		}
		if was != nil && was.run != t.importing.id && !r.renewed {
			as := *was
			as.run, as.how = t.importing.id, importShared
			shared = append(shared, as)
		}
	}
	if err := c.noteImported(shared); err != nil {
		return err
	}
	if err := c.forgetShared(shared); err != nil {
		return err
	}
	return e.finish()
}

// maxShared is how many imports that found an event as it was are known of it.
const maxShared = 8

// forgetShared keeps the newest of the imports that found events as they were:
// a feed that is imported every day adds a row an event each time.
func (c *writeTx) forgetShared(rows []importedAs) error {
	ids := make([]int64, len(rows))
	for i := range rows {
		ids[i] = rows[i].event
	}
	old := manyIDs(fmt.Sprintf("DELETE FROM imported WHERE made = %d AND (SELECT count(*) FROM imported n WHERE n.event = imported.event AND n.run > imported.run) >= %d AND event", importShared, maxShared))
	return byIDs(ids, func(args []any) error {
		if _, err := c.s.exec(c.ctx, old, args...); err != nil {
			return fmt.Errorf("forgetting older imports: %w", err)
		}
		return nil
	})
}

// importedAs reads what the last imports left of events.
func (s *session) importedAs(ctx context.Context, ids []int64) (map[int64]*importedAs, error) {
	out := map[int64]*importedAs{}
	err := s.eachByIDs(ctx, "SELECT event, run, source, version, hash, tlp, made FROM imported WHERE event", ids, func(r *sql.Rows) error {
		a, err := scanImported(r)
		if was := out[a.event]; was == nil || was.run < a.run {
			out[a.event] = a
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading what was imported: %w", err)
	}
	return out, nil
}

func scanImported(r *sql.Rows) (*importedAs, error) {
	a := &importedAs{}
	var hash sql.RawBytes
	err := r.Scan(&a.event, &a.run, &a.source, &a.version, &hash, &a.tlp, &a.how)
	copy(a.hash[:], hash)
	return a, err
}

// renewal is what an import does to an event that is there.
type renewal struct {
	*batch
	*edit
	cats   *categories
	item   *item
	origin api.Origin
	edges  []byte // that it made, in the form of the undo parts

	renewed bool // it changed the event
}

// run compares the event with what is imported. was is what the last import
// left of it, nil where none had it.
func (r *renewal) run(was *importedAs) error {
	if ok, err := r.c.sees(r.c.ctx, r.item.id); err != nil || !ok {
		return err
	}
	in := &r.item.in
	newer := was != nil && r.origin.Version > was.version
	tlp, _ := api.ParseTLP(in.TLP)
	raised := was != nil && tlp > was.tlp
	if !newer && !raised && (r.origin.ID == "" || was != nil && was.version != "") {
		return nil // the same or an older version
	}
	cat, err := r.cats.of(in)
	if err != nil {
		return err
	}
	hash := contentOf(in, r.item.date, cat)
	if was != nil && hash == was.hash {
		return r.remember(was, was.hash, was.tlp, nil)
	}
	now, err := r.row(r.item.id)
	if err != nil || now == nil {
		return err
	}
	raw, err := r.c.s.rawRow(r.c.ctx, now.id)
	if err != nil {
		return err
	}
	is, err := r.c.contentOfRow(&now.doc, raw)
	switch {
	case err != nil:
		return err
	case hash == is:
		return nil // it is like that already, whoever made it so
	case !newer && !raised && r.origin.Version == "":
		r.res.UnlikeEventsCount++
	case was == nil:
		r.keep("it is there already otherwise, and no import is known to have made it")
	case !newer && !raised:
		return nil
	case is != was.hash:
		r.keep("edited here since it was imported" + ifText(newer, ", and there is a newer version of it") + ifText(raised, ", and it is marked TLP:"+strings.ToUpper(tlp.String())+" now"))
	default:
		return r.renew(now, raw, was, newer)
	}
	return nil
}

func ifText(is bool, text string) string {
	if is {
		return text
	}
	return ""
}

func (r *renewal) keep(reason string) {
	r.res.SkippedEventsCount--
	r.res.KeptEvents = append(r.res.KeptEvents, api.ItemError{EventIndex: r.item.index, Error: reason})
}

// renew writes a newer version over an event, or only its stricter marking.
func (r *renewal) renew(now *eventRow, raw *rawRow, was *importedAs, newer bool) error {
	it, next := r.item, *now
	if err := it.describe(r.c, r.cats); err != nil {
		return err
	}
	before := appendRawItem(appendEventItem(nil, now.id, now), now.id, raw)
	nextRaw := &rawRow{created: now.doc.created}
	if raw != nil {
		*nextRaw = *raw
	}
	nextRaw.tlp = it.in.Raw.TLP
	if nextRaw.tlp == "" {
		nextRaw.tlp = it.in.TLP
	}
	if newer {
		it.doc.created, it.doc.releasable = now.doc.created, now.doc.releasable
		next.doc = it.doc
		nextRaw.source = it.in.Raw.Source
		var err error
		if nextRaw.data, err = packRaw(&r.c.z, it.in.Raw.Data); err != nil {
			return err
		}
	} else {
		next.doc.nums[numTLP] = it.doc.nums[numTLP]
	}
	if err := r.put(next); err != nil {
		return err
	}
	if err := r.setRaw(now.id, nextRaw); err != nil {
		return err
	}
	if newer {
		if err := r.renewTags(); err != nil {
			return err
		}
		if err := r.renewEdges(); err != nil {
			return err
		}
	}
	hash, err := r.c.contentOfRow(&next.doc, nextRaw)
	if err != nil {
		return err
	}
	r.res.SkippedEventsCount--
	r.res.UpdatedEventsCount++
	tlp, _ := api.ParseTLP(it.in.TLP)
	if !newer {
		r.origin.Version = was.version
	}
	return r.remember(was, hash, tlp, append(before, r.edges...))
}

// renewTags makes the tags that are new to the account.
func (r *renewal) renewTags() error {
	for _, tag := range r.item.in.Tags {
		made, err := r.c.tag(tag)
		if err != nil {
			return err
		}
		if made {
			r.res.CreatedTagsCount++
		}
	}
	return nil
}

// renewEdges makes the relationships and references that are new. Those that
// the newer version doesn't name stay: others may have made them.
func (r *renewal) renewEdges() error {
	it := r.item
	for _, k := range it.edges {
		if err := r.renewEdge(k); err != nil {
			return err
		}
	}
	for _, u := range it.refs {
		dst, err := r.resolve(r.c, u)
		if err != nil {
			return err
		}
		if dst == 0 || dst == it.id {
			continue
		}
		made, err := r.refer(reference{src: it.id, dst: dst}, true)
		if err != nil {
			return err
		}
		if made {
			r.edges = appendReferenceItem(r.edges, reference{src: it.id, dst: dst}, false)
		}
	}
	return nil
}

func (r *renewal) renewEdge(k checkedEdge) error {
	it := r.item
	parent, err := r.parentOf(k)
	if err != nil {
		return err
	}
	switch parent {
	case it.id:
		return nil
	case 0:
		if k.index >= 0 {
			return nil
		}
		w := wait{want: k.parent, event: it.id, kind: k.kind}
		made, err := r.wait(w, true)
		if made {
			r.edges = appendWaitItem(r.edges, w, false)
		}
		return err
	}
	e := edge{parent: parent, child: it.id, kind: k.kind}
	made, err := r.edit.link(e, true)
	if made {
		r.res.CreatedRelationshipsCount++
		r.edges = appendLinkItem(r.edges, e, false)
	}
	return err
}

// parentOf finds the event that an edge hangs under; 0 where there is none
// within the caller's limit.
func (r *renewal) parentOf(k checkedEdge) (int64, error) {
	if k.index < 0 {
		return r.resolve(r.c, k.parent)
	}
	if p := r.items[k.index]; p != nil {
		return seenOnly(r.c, p.id)
	}
	return 0, nil
}

// remember keeps what this import left of the event; before is nil where it
// changed nothing but the version.
func (r *renewal) remember(was *importedAs, hash [hashSize]byte, tlp api.TLP, before []byte) error {
	version := r.origin.Version
	if before == nil {
		if version <= was.version {
			return nil
		}
		_, err := r.c.s.exec(r.c.ctx, "UPDATE imported SET version = ? WHERE event = ? AND run = ?", version, was.event, was.run)
		if err != nil {
			return fmt.Errorf("noting what was imported: %w", err)
		}
		was.version = version
		return nil
	}
	r.renewed = true
	packed, err := packRaw(&r.c.z, before)
	if err != nil {
		return err
	}
	_, err = r.c.s.exec(r.c.ctx, `INSERT INTO imported (event, run, source, version, hash, tlp, made, before) VALUES (?, ?, ?, ?, ?, ?, 0, ?)
		ON CONFLICT (event, run) DO UPDATE SET version = excluded.version, hash = excluded.hash, tlp = excluded.tlp,
		before = CASE WHEN imported.made = 2 THEN excluded.before ELSE imported.before END, made = CASE WHEN imported.made = 2 THEN 0 ELSE imported.made END`,
		r.item.id, r.importing.id, r.origin.ID, version, hash[:], int(tlp), packed)
	if err != nil {
		return fmt.Errorf("noting what was imported: %w", err)
	}
	return nil
}
