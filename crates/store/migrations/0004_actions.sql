-- What workers are asked to do, and what they report.

CREATE TABLE queued_operations (
    organization_id     BLOB NOT NULL,
    space_id            BLOB NOT NULL,
    unit_id             BLOB NOT NULL,
    queued_operation_id BLOB NOT NULL,
    action              TEXT NOT NULL,
    bridge_worker_id    BLOB NOT NULL,
    target_id           BLOB NOT NULL,
    revision_num        BIGINT NOT NULL,
    dependencies        TEXT NOT NULL,
    extra_params        TEXT NOT NULL,
    status              TEXT NOT NULL,
    user_id             BLOB NOT NULL,
    user_agent          TEXT NOT NULL,
    version             BIGINT NOT NULL,
    created_at          BIGINT NOT NULL,
    updated_at          BIGINT NOT NULL,
    cursor_id           BIGINT NOT NULL,
    PRIMARY KEY (organization_id, queued_operation_id),
    FOREIGN KEY (organization_id, unit_id) REFERENCES units ON DELETE CASCADE
);
CREATE INDEX queued_operations_by_unit ON queued_operations (organization_id, unit_id);
CREATE INDEX queued_operations_by_worker ON queued_operations (organization_id, bridge_worker_id, cursor_id);

CREATE TABLE unit_events (
    organization_id     BLOB NOT NULL,
    space_id            BLOB NOT NULL,
    unit_id             BLOB NOT NULL,
    unit_event_id       BLOB NOT NULL,
    queued_operation_id BLOB NOT NULL,
    bridge_worker_id    BLOB,
    action              TEXT NOT NULL,
    result              TEXT NOT NULL,
    status              TEXT NOT NULL,
    message             TEXT NOT NULL,
    revision_num        BIGINT NOT NULL,
    started_at          BIGINT NOT NULL,
    terminated_at       BIGINT,
    version             BIGINT NOT NULL,
    created_at          BIGINT NOT NULL,
    updated_at          BIGINT NOT NULL,
    cursor_id           BIGINT NOT NULL,
    PRIMARY KEY (organization_id, unit_event_id),
    FOREIGN KEY (organization_id, unit_id) REFERENCES units ON DELETE CASCADE
);
CREATE INDEX unit_events_by_unit ON unit_events (organization_id, unit_id, cursor_id);

-- A worker says who it is before its organization is known.
CREATE INDEX bridge_workers_by_secret ON bridge_workers (secret_hash);
