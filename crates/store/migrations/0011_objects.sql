-- Texts that are kept outside of the database.

-- The name of the object that holds the content, which is empty here then.
ALTER TABLE blobs ADD COLUMN object BLOB;
CREATE INDEX blobs_by_object ON blobs (organization_id, object) WHERE object IS NOT NULL;

-- What the place says that holds the objects of this database; at most one row.
CREATE TABLE object_place (
    place_id BLOB PRIMARY KEY NOT NULL
);

-- Objects that nothing needs, with the time that was found. They go later: a copy of the database may
-- need them.
CREATE TABLE unneeded_objects (
    organization_id BLOB NOT NULL,
    object          BLOB NOT NULL,
    since           BIGINT NOT NULL,
    PRIMARY KEY (organization_id, object)
);
