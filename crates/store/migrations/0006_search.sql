-- What the heads of units have in them, so that conditions on data need not read every text.

-- Every value that a path has somewhere.
CREATE TABLE search_values (
    organization_id BLOB NOT NULL REFERENCES organizations ON DELETE CASCADE,
    path            TEXT NOT NULL,
    value           TEXT NOT NULL,
    PRIMARY KEY (organization_id, path, value)
);

-- For each text that is the head of a unit, the first bytes of the hashes of its paths and values,
-- one after the other; nothing where the text has too many.
CREATE TABLE search_texts (
    organization_id BLOB NOT NULL,
    blob_id         BLOB NOT NULL,
    toolchain_type  TEXT NOT NULL,
    facts           BLOB,
    PRIMARY KEY (organization_id, blob_id, toolchain_type),
    FOREIGN KEY (organization_id, blob_id) REFERENCES blobs ON DELETE CASCADE
);

-- Organizations of which every head is in there. Others were written by an older version.
CREATE TABLE search_complete (
    organization_id BLOB PRIMARY KEY NOT NULL REFERENCES organizations ON DELETE CASCADE
);

CREATE INDEX units_by_data ON units (organization_id, data_blob);
-- Pages go on behind a cursor.
CREATE INDEX units_by_cursor ON units (organization_id, cursor_id, unit_id);
