-- +goose Up

-- One row: the numbers every transaction starts from.
--   change   grows with every write transaction
--   rewrites grows when rows past the last sealed segment change in place
--   next_id  the id the next event gets; ids are never reused
--   sealed   how many segments are sealed
--   segment  how many events a segment holds, at most 4096
--   secret   seals the paging cursors
CREATE TABLE state (
    id       INTEGER PRIMARY KEY CHECK (id = 1),
    change   INTEGER NOT NULL,
    rewrites INTEGER NOT NULL,
    next_id  INTEGER NOT NULL,
    sealed   INTEGER NOT NULL,
    segment  INTEGER NOT NULL,
    secret   BLOB    NOT NULL
);
INSERT INTO state (id, change, rewrites, next_id, sealed, segment, secret) VALUES (1, 1, 1, 1, 0, 4096, randomblob(32));

CREATE TABLE account (
    id   INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
);

CREATE TABLE dataset (
    id         INTEGER PRIMARY KEY,
    account    INTEGER NOT NULL,
    uuid       TEXT    NOT NULL,
    name       TEXT    NOT NULL,
    public     INTEGER NOT NULL,
    analytics  INTEGER NOT NULL,
    write_mode TEXT    NOT NULL,
    created    INTEGER NOT NULL,
    deleted    INTEGER,
    UNIQUE (account, uuid)
);

-- The dictionaries: every distinct value of a column has a number, dense
-- within its kind, from 1; 0 stands for the empty text.
CREATE TABLE term (
    id    INTEGER PRIMARY KEY,
    kind  INTEGER NOT NULL,
    num   INTEGER NOT NULL,
    value TEXT    NOT NULL,
    UNIQUE (kind, value)
);

-- ukey is made of the account and the UUID's first eight bytes; what the index
-- finds is checked against the document.
CREATE TABLE event (
    id      INTEGER PRIMARY KEY,
    ukey    INTEGER NOT NULL,
    dataset INTEGER NOT NULL,
    flags   INTEGER NOT NULL,
    doc     BLOB    NOT NULL
);
CREATE INDEX event_ukey ON event (ukey);

CREATE TABLE raw (
    event   INTEGER PRIMARY KEY,
    created INTEGER NOT NULL,
    source  TEXT    NOT NULL,
    tlp     TEXT    NOT NULL,
    data    BLOB    NOT NULL
);

CREATE TABLE relationship (
    parent INTEGER NOT NULL,
    child  INTEGER NOT NULL,
    type   INTEGER NOT NULL,
    PRIMARY KEY (parent, child, type)
) WITHOUT ROWID;
CREATE INDEX relationship_child ON relationship (child);

CREATE TABLE reference (
    src INTEGER NOT NULL,
    dst INTEGER NOT NULL,
    PRIMARY KEY (src, dst)
) WITHOUT ROWID;
CREATE INDEX reference_dst ON reference (dst);

-- Edges to events that aren't there yet: the event `event` waits for the one
-- with the UUID `want`, as its parent (type 1..) or to refer to it (type 0).
CREATE TABLE pending (
    account INTEGER NOT NULL,
    want    BLOB    NOT NULL,
    event   INTEGER NOT NULL,
    type    INTEGER NOT NULL,
    PRIMARY KEY (account, want, event, type)
) WITHOUT ROWID;
CREATE INDEX pending_event ON pending (event);

-- A sealed segment is state.segment consecutive ids. meta holds the version of each
-- column, the datasets that occur and the ranges of the dates.
CREATE TABLE segment (
    id      INTEGER PRIMARY KEY,
    changed INTEGER NOT NULL,
    meta    BLOB    NOT NULL
);
CREATE INDEX segment_changed ON segment (changed);

-- id = segment * 64 + column.
CREATE TABLE segcol (
    id   INTEGER PRIMARY KEY,
    data BLOB NOT NULL
);

-- The substring index: id = bucket << 32 | segment.
CREATE TABLE gram (
    id   INTEGER PRIMARY KEY,
    data BLOB NOT NULL
);

CREATE TABLE category (
    id           INTEGER PRIMARY KEY,
    account      INTEGER NOT NULL,
    fold         TEXT    NOT NULL,
    name         TEXT    NOT NULL,
    uuid         TEXT    NOT NULL,
    kill_chain   INTEGER NOT NULL,
    mitre_attack TEXT    NOT NULL,
    mitre_capec  TEXT    NOT NULL,
    shortname    TEXT    NOT NULL,
    UNIQUE (account, fold)
);

CREATE TABLE tag (
    id      INTEGER PRIMARY KEY,
    account INTEGER NOT NULL,
    fold    TEXT    NOT NULL,
    value   TEXT    NOT NULL,
    uuid    TEXT    NOT NULL,
    UNIQUE (account, fold)
);

-- The journal. Inserts are ranges of ids; every other change keeps what was
-- there before it.
CREATE TABLE change (
    id       INTEGER PRIMARY KEY,
    seq      INTEGER NOT NULL,
    at       INTEGER NOT NULL,
    account  INTEGER NOT NULL,
    dataset  INTEGER NOT NULL,
    actor    TEXT    NOT NULL,
    op       TEXT    NOT NULL,
    first_id INTEGER NOT NULL,
    last_id  INTEGER NOT NULL,
    count    INTEGER NOT NULL,
    before   BLOB
);
CREATE INDEX change_dataset ON change (account, dataset, at);

PRAGMA user_version = 1;

-- +goose Down
SELECT 1;
