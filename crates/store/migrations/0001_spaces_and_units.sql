-- Identifiers are 16-byte blobs, times are microseconds since 1970, maps and lists are JSON text.
-- The organization leads every index, so that data can later be partitioned by it.
-- History is written before its unit, so those references are checked on commit.

CREATE TABLE meta (
    name  TEXT PRIMARY KEY NOT NULL,
    value BIGINT NOT NULL
);
INSERT INTO meta (name, value) VALUES ('cursor', 0);

CREATE TABLE organizations (
    organization_id    BLOB PRIMARY KEY NOT NULL,
    slug               TEXT NOT NULL UNIQUE,
    display_name       TEXT NOT NULL,
    labels             TEXT NOT NULL,
    annotations        TEXT NOT NULL,
    delete_gates       TEXT NOT NULL,
    external_id        TEXT NOT NULL,
    billing_account_id BLOB,
    version            BIGINT NOT NULL,
    created_at         BIGINT NOT NULL,
    updated_at         BIGINT NOT NULL,
    cursor_id          BIGINT NOT NULL
);

CREATE TABLE users (
    user_id             BLOB PRIMARY KEY NOT NULL,
    slug                TEXT NOT NULL,
    display_name        TEXT NOT NULL,
    username            TEXT NOT NULL UNIQUE,
    external_id         TEXT NOT NULL,
    profile_picture_url TEXT NOT NULL,
    version             BIGINT NOT NULL,
    created_at          BIGINT NOT NULL,
    updated_at          BIGINT NOT NULL,
    cursor_id           BIGINT NOT NULL
);

CREATE TABLE members (
    organization_id BLOB NOT NULL REFERENCES organizations ON DELETE CASCADE,
    user_id         BLOB NOT NULL REFERENCES users ON DELETE CASCADE,
    PRIMARY KEY (organization_id, user_id)
);

-- Looked up before the organization is known, so the hash leads here.
CREATE TABLE tokens (
    token_hash      BLOB PRIMARY KEY NOT NULL,
    organization_id BLOB NOT NULL,
    user_id         BLOB NOT NULL,
    name            TEXT NOT NULL,
    created_at      BIGINT NOT NULL,
    expires_at      BIGINT,
    FOREIGN KEY (organization_id, user_id) REFERENCES members ON DELETE CASCADE
);

-- Text, once for each organization. With a base, content is the difference to that blob, which
-- is itself complete.
CREATE TABLE blobs (
    organization_id BLOB NOT NULL,
    blob_id         BLOB NOT NULL,
    size            BIGINT NOT NULL,
    base_id         BLOB,
    content         BLOB NOT NULL,
    PRIMARY KEY (organization_id, blob_id)
);
CREATE INDEX blobs_by_base ON blobs (organization_id, base_id) WHERE base_id IS NOT NULL;

CREATE TABLE spaces (
    organization_id BLOB NOT NULL REFERENCES organizations ON DELETE CASCADE,
    space_id        BLOB NOT NULL,
    slug            TEXT NOT NULL,
    display_name    TEXT NOT NULL,
    labels          TEXT NOT NULL,
    annotations     TEXT NOT NULL,
    delete_gates    TEXT NOT NULL,
    where_trigger   TEXT NOT NULL,
    version         BIGINT NOT NULL,
    created_at      BIGINT NOT NULL,
    updated_at      BIGINT NOT NULL,
    cursor_id       BIGINT NOT NULL,
    PRIMARY KEY (organization_id, space_id),
    UNIQUE (organization_id, slug)
);

CREATE TABLE units (
    organization_id            BLOB NOT NULL,
    space_id                   BLOB NOT NULL,
    unit_id                    BLOB NOT NULL,
    slug                       TEXT NOT NULL,
    display_name               TEXT NOT NULL,
    toolchain_type             TEXT NOT NULL,
    labels                     TEXT NOT NULL,
    annotations                TEXT NOT NULL,
    delete_gates               TEXT NOT NULL,
    destroy_gates              TEXT NOT NULL,
    target_id                  BLOB,
    change_set_id              BLOB,
    last_change_description    TEXT NOT NULL,
    content_hash               BIGINT NOT NULL,
    head_revision_num          BIGINT NOT NULL,
    head_mutation_num          BIGINT NOT NULL,
    last_applied_revision_num  BIGINT NOT NULL,
    live_revision_num          BIGINT NOT NULL,
    previous_live_revision_num BIGINT NOT NULL,
    apply_gates                TEXT NOT NULL,
    approved_by                TEXT NOT NULL,
    "values"                   TEXT NOT NULL,
    bridge_worker_id           BLOB,
    from_link_id               TEXT NOT NULL,
    upstream_organization_id   BLOB,
    upstream_space_id          BLOB,
    upstream_unit_id           BLOB,
    upstream_revision_num      BIGINT NOT NULL,
    data_blob                  BLOB,
    mutation_sources_blob      BLOB,
    version                    BIGINT NOT NULL,
    created_at                 BIGINT NOT NULL,
    updated_at                 BIGINT NOT NULL,
    cursor_id                  BIGINT NOT NULL,
    PRIMARY KEY (organization_id, unit_id),
    UNIQUE (organization_id, space_id, slug),
    FOREIGN KEY (organization_id, space_id) REFERENCES spaces
);
CREATE INDEX units_by_upstream ON units (organization_id, upstream_unit_id)
    WHERE upstream_unit_id IS NOT NULL;

CREATE TABLE revisions (
    organization_id       BLOB NOT NULL,
    space_id              BLOB NOT NULL,
    unit_id               BLOB NOT NULL,
    revision_id           BLOB NOT NULL,
    revision_num          BIGINT NOT NULL,
    description           TEXT NOT NULL,
    source                TEXT NOT NULL,
    user_id               BLOB NOT NULL,
    user_agent            TEXT NOT NULL,
    content_hash          BIGINT NOT NULL,
    apply_gates           TEXT NOT NULL,
    approved_by           TEXT NOT NULL,
    change_set_id         BLOB,
    live_at               BIGINT NOT NULL,
    tags                  TEXT NOT NULL,
    data_blob             BLOB,
    mutation_sources_blob BLOB,
    version               BIGINT NOT NULL,
    created_at            BIGINT NOT NULL,
    updated_at            BIGINT NOT NULL,
    cursor_id             BIGINT NOT NULL,
    PRIMARY KEY (organization_id, revision_id),
    UNIQUE (organization_id, unit_id, revision_num),
    FOREIGN KEY (organization_id, unit_id) REFERENCES units ON DELETE CASCADE
        DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX revisions_by_data ON revisions (organization_id, data_blob);
CREATE INDEX revisions_by_mutation_sources ON revisions (organization_id, mutation_sources_blob);

CREATE TABLE mutations (
    organization_id                     BLOB NOT NULL,
    space_id                            BLOB NOT NULL,
    unit_id                             BLOB NOT NULL,
    mutation_id                         BLOB NOT NULL,
    mutation_num                        BIGINT NOT NULL,
    revision_id                         BLOB NOT NULL,
    revision_num                        BIGINT NOT NULL,
    function_invocation                 TEXT NOT NULL,
    invocation_id                       BLOB,
    trigger_id                          BLOB,
    link_id                             BLOB,
    provided_resource                   TEXT NOT NULL,
    provided_path                       TEXT NOT NULL,
    restored_revision_num               BIGINT NOT NULL,
    upgraded_from_upstream_revision_num BIGINT NOT NULL,
    merge_source_id                     BLOB,
    merge_base_revision_num             BIGINT NOT NULL,
    merge_end_revision_num              BIGINT NOT NULL,
    version                             BIGINT NOT NULL,
    created_at                          BIGINT NOT NULL,
    updated_at                          BIGINT NOT NULL,
    cursor_id                           BIGINT NOT NULL,
    PRIMARY KEY (organization_id, mutation_id),
    UNIQUE (organization_id, unit_id, mutation_num),
    FOREIGN KEY (organization_id, unit_id) REFERENCES units ON DELETE CASCADE
        DEFERRABLE INITIALLY DEFERRED
);
