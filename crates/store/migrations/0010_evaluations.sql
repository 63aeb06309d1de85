-- What still has to be evaluated: the row is the queue.

CREATE TABLE evaluations (
    organization_id BLOB NOT NULL,
    unit_id         BLOB NOT NULL,
    -- 0 for whatever is the head when it is evaluated.
    revision_num    BIGINT NOT NULL,
    -- Another number each time it is asked for.
    request         BIGINT NOT NULL,
    is_clone        BIGINT NOT NULL,
    -- 1 when functions that change data run as well.
    mutates         BIGINT NOT NULL,
    not_before      BIGINT NOT NULL,
    PRIMARY KEY (organization_id, unit_id, revision_num),
    FOREIGN KEY (organization_id, unit_id) REFERENCES units ON DELETE CASCADE
        DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX evaluations_by_time ON evaluations (not_before);

-- What the validating functions said, in JSON.
CREATE TABLE validations (
    organization_id BLOB NOT NULL,
    unit_id         BLOB NOT NULL,
    revision_num    BIGINT NOT NULL,
    results         TEXT NOT NULL,
    PRIMARY KEY (organization_id, unit_id, revision_num),
    FOREIGN KEY (organization_id, unit_id) REFERENCES units ON DELETE CASCADE
);
