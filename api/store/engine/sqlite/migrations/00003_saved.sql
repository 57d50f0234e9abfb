-- +goose Up

-- Filters kept under a name; query is the JSON text of a list query.
CREATE TABLE saved_query (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    account    INTEGER NOT NULL,
    name       TEXT    NOT NULL,
    email      TEXT    NOT NULL,
    query      TEXT    NOT NULL,
    alerts     INTEGER NOT NULL,
    rollup     INTEGER NOT NULL,
    rule       INTEGER NOT NULL,
    rule_scope TEXT    NOT NULL,
    rule_list  TEXT    NOT NULL,
    feed       INTEGER,
    created    INTEGER NOT NULL,
    updated    INTEGER NOT NULL,
    UNIQUE (account, name)
);

-- seen is the last event id the alert was asked about. Ids rise in the order
-- of commits, so that nothing is missed and nothing told twice. implied tells
-- that switching the query's alerts on made it.
CREATE TABLE alert (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    account   INTEGER NOT NULL,
    query     INTEGER NOT NULL,
    email     TEXT    NOT NULL,
    enabled   INTEGER NOT NULL,
    frequency TEXT    NOT NULL,
    type      TEXT    NOT NULL,
    reason    TEXT    NOT NULL,
    implied   INTEGER NOT NULL,
    seen      INTEGER NOT NULL,
    sent      INTEGER,
    created   INTEGER NOT NULL,
    updated   INTEGER NOT NULL
);
CREATE INDEX alert_query ON alert (query);
CREATE INDEX alert_account ON alert (account);

-- The inbox. events holds the UUIDs of the newest events, 16 bytes each. told
-- is 0 until the webhook has it, 1 then, 2 where it never will; claimed is
-- when a process last undertook to tell it.
CREATE TABLE notification (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    account INTEGER NOT NULL,
    alert   INTEGER NOT NULL,
    query   INTEGER NOT NULL,
    name    TEXT    NOT NULL,
    at      INTEGER NOT NULL,
    count   INTEGER NOT NULL,
    events  BLOB    NOT NULL,
    read    INTEGER NOT NULL,
    told    INTEGER NOT NULL,
    claimed INTEGER NOT NULL
);
CREATE INDEX notification_inbox ON notification (account, id);
CREATE INDEX notification_unread ON notification (account, id) WHERE read = 0;
CREATE INDEX notification_untold ON notification (id) WHERE told = 0;

CREATE INDEX tag_uuid ON tag (account, uuid);

PRAGMA user_version = 3;

-- +goose Down
SELECT 1;
