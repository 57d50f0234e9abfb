-- +goose Up

-- An import: what made and changed events together, and can be taken back.
CREATE TABLE import_run (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    account INTEGER NOT NULL,
    uuid    TEXT    NOT NULL,
    at      INTEGER NOT NULL,
    actor   TEXT    NOT NULL,
    name    TEXT    NOT NULL,
    created INTEGER NOT NULL,
    updated INTEGER NOT NULL,
    undone  INTEGER NOT NULL,
    UNIQUE (account, uuid)
);

-- An event as an import left it: id and version of what it was made from, the
-- hash of its content (an event unlike it was edited since) and its marking.
-- before is what the import overwrote, in the form of the undo parts; empty
-- where it made the event, NULL where that was too long ago.
CREATE TABLE imported (
    event   INTEGER NOT NULL,
    run     INTEGER NOT NULL,
    source  TEXT    NOT NULL,
    version TEXT    NOT NULL,
    hash    BLOB    NOT NULL,
    tlp     INTEGER NOT NULL,
    made    INTEGER NOT NULL,
    before  BLOB,
    PRIMARY KEY (event, run)
) WITHOUT ROWID;
CREATE INDEX imported_run ON imported (run, event);

-- The import that a change is a part of.
ALTER TABLE change ADD COLUMN run INTEGER;

PRAGMA user_version = 7;

-- +goose Down
SELECT 1;
