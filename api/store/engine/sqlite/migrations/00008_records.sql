-- +goose Up

-- What is known of a tag beside its value: fields is a JSON object, category
-- the UUID of its tag category, created 0 where nobody noted it.
ALTER TABLE tag ADD COLUMN category TEXT NOT NULL DEFAULT '';
ALTER TABLE tag ADD COLUMN fields TEXT NOT NULL DEFAULT '';
ALTER TABLE tag ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
ALTER TABLE tag ADD COLUMN created INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tag ADD COLUMN updated INTEGER NOT NULL DEFAULT 0;

-- form is the JSON text of the fields that tags of the category are to have,
-- empty for none.
CREATE TABLE tag_category (
    id          INTEGER PRIMARY KEY,
    account     INTEGER NOT NULL,
    fold        TEXT    NOT NULL,
    name        TEXT    NOT NULL,
    uuid        TEXT    NOT NULL,
    description TEXT    NOT NULL,
    form        TEXT    NOT NULL,
    created     INTEGER NOT NULL,
    updated     INTEGER NOT NULL,
    UNIQUE (account, fold)
);

PRAGMA user_version = 8;

-- +goose Down
SELECT 1;
