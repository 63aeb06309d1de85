-- What a space holds besides units. References to units, filters and tags are kept by the hub,
-- which says what is in the way of a deletion.

CREATE TABLE tags (
    organization_id BLOB NOT NULL,
    space_id        BLOB NOT NULL,
    tag_id          BLOB NOT NULL,
    slug            TEXT NOT NULL,
    display_name    TEXT NOT NULL,
    labels          TEXT NOT NULL,
    annotations     TEXT NOT NULL,
    delete_gates    TEXT NOT NULL,
    change_set_id   BLOB,
    version         BIGINT NOT NULL,
    created_at      BIGINT NOT NULL,
    updated_at      BIGINT NOT NULL,
    cursor_id       BIGINT NOT NULL,
    PRIMARY KEY (organization_id, tag_id),
    UNIQUE (organization_id, space_id, slug),
    FOREIGN KEY (organization_id, space_id) REFERENCES spaces
);

CREATE TABLE filters (
    organization_id  BLOB NOT NULL,
    space_id         BLOB NOT NULL,
    filter_id        BLOB NOT NULL,
    slug             TEXT NOT NULL,
    display_name     TEXT NOT NULL,
    labels           TEXT NOT NULL,
    annotations      TEXT NOT NULL,
    delete_gates     TEXT NOT NULL,
    from_type        TEXT NOT NULL,
    from_space_id    BLOB,
    where_attributes TEXT NOT NULL,
    where_data       TEXT NOT NULL,
    resource_type    TEXT NOT NULL,
    hash             TEXT NOT NULL,
    version          BIGINT NOT NULL,
    created_at       BIGINT NOT NULL,
    updated_at       BIGINT NOT NULL,
    cursor_id        BIGINT NOT NULL,
    PRIMARY KEY (organization_id, filter_id),
    UNIQUE (organization_id, space_id, slug),
    FOREIGN KEY (organization_id, space_id) REFERENCES spaces
);

CREATE TABLE views (
    organization_id    BLOB NOT NULL,
    space_id           BLOB NOT NULL,
    view_id            BLOB NOT NULL,
    slug               TEXT NOT NULL,
    display_name       TEXT NOT NULL,
    labels             TEXT NOT NULL,
    annotations        TEXT NOT NULL,
    delete_gates       TEXT NOT NULL,
    filter_id          BLOB NOT NULL,
    columns            TEXT NOT NULL,
    group_by           TEXT NOT NULL,
    order_by           TEXT NOT NULL,
    order_by_direction TEXT NOT NULL,
    version            BIGINT NOT NULL,
    created_at         BIGINT NOT NULL,
    updated_at         BIGINT NOT NULL,
    cursor_id          BIGINT NOT NULL,
    PRIMARY KEY (organization_id, view_id),
    UNIQUE (organization_id, space_id, slug),
    FOREIGN KEY (organization_id, space_id) REFERENCES spaces
);
CREATE INDEX views_by_filter ON views (organization_id, filter_id);

CREATE TABLE invocations (
    organization_id  BLOB NOT NULL,
    space_id         BLOB NOT NULL,
    invocation_id    BLOB NOT NULL,
    slug             TEXT NOT NULL,
    display_name     TEXT NOT NULL,
    labels           TEXT NOT NULL,
    annotations      TEXT NOT NULL,
    delete_gates     TEXT NOT NULL,
    toolchain_type   TEXT NOT NULL,
    function_name    TEXT NOT NULL,
    arguments        TEXT NOT NULL,
    bridge_worker_id BLOB,
    hash             TEXT NOT NULL,
    version          BIGINT NOT NULL,
    created_at       BIGINT NOT NULL,
    updated_at       BIGINT NOT NULL,
    cursor_id        BIGINT NOT NULL,
    PRIMARY KEY (organization_id, invocation_id),
    UNIQUE (organization_id, space_id, slug),
    FOREIGN KEY (organization_id, space_id) REFERENCES spaces
);

CREATE TABLE triggers (
    organization_id  BLOB NOT NULL,
    space_id         BLOB NOT NULL,
    trigger_id       BLOB NOT NULL,
    slug             TEXT NOT NULL,
    display_name     TEXT NOT NULL,
    labels           TEXT NOT NULL,
    annotations      TEXT NOT NULL,
    delete_gates     TEXT NOT NULL,
    event            TEXT NOT NULL,
    toolchain_type   TEXT NOT NULL,
    function_name    TEXT NOT NULL,
    arguments        TEXT NOT NULL,
    bridge_worker_id BLOB,
    invocation_id    BLOB,
    disabled         BIGINT NOT NULL,
    enforced         BIGINT NOT NULL,
    validating       BIGINT NOT NULL,
    version          BIGINT NOT NULL,
    created_at       BIGINT NOT NULL,
    updated_at       BIGINT NOT NULL,
    cursor_id        BIGINT NOT NULL,
    PRIMARY KEY (organization_id, trigger_id),
    UNIQUE (organization_id, space_id, slug),
    FOREIGN KEY (organization_id, space_id) REFERENCES spaces
);
CREATE INDEX triggers_by_invocation ON triggers (organization_id, invocation_id)
    WHERE invocation_id IS NOT NULL;

CREATE TABLE links (
    organization_id BLOB NOT NULL,
    space_id        BLOB NOT NULL,
    link_id         BLOB NOT NULL,
    slug            TEXT NOT NULL,
    display_name    TEXT NOT NULL,
    labels          TEXT NOT NULL,
    annotations     TEXT NOT NULL,
    delete_gates    TEXT NOT NULL,
    from_unit_id    BLOB NOT NULL,
    to_unit_id      BLOB NOT NULL,
    to_space_id     BLOB NOT NULL,
    version         BIGINT NOT NULL,
    created_at      BIGINT NOT NULL,
    updated_at      BIGINT NOT NULL,
    cursor_id       BIGINT NOT NULL,
    PRIMARY KEY (organization_id, link_id),
    UNIQUE (organization_id, space_id, slug),
    FOREIGN KEY (organization_id, space_id) REFERENCES spaces
);
CREATE INDEX links_by_consumer ON links (organization_id, from_unit_id);
CREATE INDEX links_by_producer ON links (organization_id, to_unit_id);

CREATE TABLE change_sets (
    organization_id BLOB NOT NULL,
    space_id        BLOB NOT NULL,
    change_set_id   BLOB NOT NULL,
    slug            TEXT NOT NULL,
    display_name    TEXT NOT NULL,
    labels          TEXT NOT NULL,
    annotations     TEXT NOT NULL,
    delete_gates    TEXT NOT NULL,
    description     TEXT NOT NULL,
    start_tag_id    BLOB,
    end_tag_id      BLOB,
    state           TEXT NOT NULL,
    version         BIGINT NOT NULL,
    created_at      BIGINT NOT NULL,
    updated_at      BIGINT NOT NULL,
    cursor_id       BIGINT NOT NULL,
    PRIMARY KEY (organization_id, change_set_id),
    UNIQUE (organization_id, space_id, slug),
    FOREIGN KEY (organization_id, space_id) REFERENCES spaces
);
