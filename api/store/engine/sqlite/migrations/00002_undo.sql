-- +goose Up

-- The journal can take changes back from here on: moments before journal_from
-- hold changes that were noted without what they overwrote.
ALTER TABLE state ADD COLUMN journal_from INTEGER NOT NULL DEFAULT 0;
UPDATE state SET journal_from = coalesce((SELECT max(at) FROM change), 0);

-- The UUIDs of the first events a change touched, 16 bytes each.
ALTER TABLE change ADD COLUMN events BLOB;

-- What changes overwrote, in parts: id = change << 20 | part. Each part holds
-- items; the first item of an event, a raw record or an edge counts.
CREATE TABLE undo (
    id   INTEGER PRIMARY KEY,
    data BLOB NOT NULL
);

PRAGMA user_version = 2;

-- +goose Down
SELECT 1;
