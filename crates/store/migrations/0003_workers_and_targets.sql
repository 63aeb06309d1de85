-- Programs that act for the server elsewhere, and where they apply units to.

CREATE TABLE bridge_workers (
    organization_id  BLOB NOT NULL,
    space_id         BLOB NOT NULL,
    bridge_worker_id BLOB NOT NULL,
    slug             TEXT NOT NULL,
    display_name     TEXT NOT NULL,
    labels           TEXT NOT NULL,
    annotations      TEXT NOT NULL,
    delete_gates     TEXT NOT NULL,
    condition        TEXT NOT NULL,
    provided_info    TEXT NOT NULL,
    ip_address       TEXT NOT NULL,
    last_message     TEXT NOT NULL,
    last_seen_at     BIGINT NOT NULL,
    user_id          BLOB,
    secret_hash      BLOB,
    version          BIGINT NOT NULL,
    created_at       BIGINT NOT NULL,
    updated_at       BIGINT NOT NULL,
    cursor_id        BIGINT NOT NULL,
    PRIMARY KEY (organization_id, bridge_worker_id),
    UNIQUE (organization_id, space_id, slug),
    FOREIGN KEY (organization_id, space_id) REFERENCES spaces
);

CREATE TABLE targets (
    organization_id  BLOB NOT NULL,
    space_id         BLOB NOT NULL,
    target_id        BLOB NOT NULL,
    slug             TEXT NOT NULL,
    display_name     TEXT NOT NULL,
    labels           TEXT NOT NULL,
    annotations      TEXT NOT NULL,
    delete_gates     TEXT NOT NULL,
    toolchain_type   TEXT NOT NULL,
    provider_type    TEXT NOT NULL,
    bridge_worker_id BLOB NOT NULL,
    parameters       TEXT NOT NULL,
    version          BIGINT NOT NULL,
    created_at       BIGINT NOT NULL,
    updated_at       BIGINT NOT NULL,
    cursor_id        BIGINT NOT NULL,
    PRIMARY KEY (organization_id, target_id),
    UNIQUE (organization_id, space_id, slug),
    FOREIGN KEY (organization_id, space_id) REFERENCES spaces
);
CREATE INDEX targets_by_worker ON targets (organization_id, bridge_worker_id);
CREATE INDEX units_by_target ON units (organization_id, target_id) WHERE target_id IS NOT NULL;
