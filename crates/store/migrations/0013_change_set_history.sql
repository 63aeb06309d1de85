-- What a change set did: its revisions are found, and units that are gone are remembered.

CREATE INDEX revisions_in_change_sets ON revisions (organization_id, change_set_id)
    WHERE change_set_id IS NOT NULL;

CREATE TABLE change_set_deletions (
    organization_id BLOB NOT NULL,
    change_set_id   BLOB NOT NULL,
    unit_id         BLOB NOT NULL,
    space_id        BLOB NOT NULL,
    slug            TEXT NOT NULL,
    user_id         BLOB NOT NULL,
    deleted_at      BIGINT NOT NULL,
    PRIMARY KEY (organization_id, change_set_id, unit_id)
);
