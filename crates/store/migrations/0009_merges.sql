-- What upgrades and merges did, and did not do, at each place; in JSON, compressed.

CREATE TABLE merge_reports (
    organization_id BLOB NOT NULL,
    revision_id     BLOB NOT NULL,
    report          BLOB NOT NULL,
    PRIMARY KEY (organization_id, revision_id),
    FOREIGN KEY (organization_id, revision_id) REFERENCES revisions ON DELETE CASCADE
);

CREATE INDEX units_in_change_sets ON units (organization_id, change_set_id)
    WHERE change_set_id IS NOT NULL;
