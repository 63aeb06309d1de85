-- Requests that may be repeated without being carried out again, and what was answered to them.

CREATE TABLE request_keys (
    organization_id BLOB NOT NULL REFERENCES organizations ON DELETE CASCADE,
    user_id         BLOB NOT NULL,
    request_key     TEXT NOT NULL,
    -- SHA-256 of what was asked for.
    request         BLOB NOT NULL,
    started_at      BIGINT NOT NULL,
    -- 1 from the first transaction on that changed something.
    changed         BIGINT NOT NULL,
    -- 0 as long as there is no answer.
    status          BIGINT NOT NULL,
    answer          BLOB NOT NULL,
    PRIMARY KEY (organization_id, user_id, request_key)
);
CREATE INDEX request_keys_by_start ON request_keys (started_at);

-- Which server does a piece of work that only one may do at a time, and until when.
CREATE TABLE leases (
    name       TEXT PRIMARY KEY NOT NULL,
    holder     BLOB NOT NULL,
    -- Counts holders: what an earlier holder still tries to write is refused.
    fence      BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
