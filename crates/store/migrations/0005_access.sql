-- Who may do what, how people sign in, and what they did.

ALTER TABLE members ADD COLUMN role TEXT NOT NULL DEFAULT 'Admin';
ALTER TABLE spaces ADD COLUMN permissions TEXT NOT NULL DEFAULT '{}';
ALTER TABLE targets ADD COLUMN permissions TEXT NOT NULL DEFAULT '{}';
ALTER TABLE bridge_workers ADD COLUMN permissions TEXT NOT NULL DEFAULT '{}';
CREATE INDEX spaces_restricted ON spaces (organization_id) WHERE permissions <> '{}';
CREATE INDEX targets_restricted ON targets (organization_id) WHERE permissions <> '{}';
CREATE INDEX bridge_workers_restricted ON bridge_workers (organization_id)
    WHERE permissions <> '{}';

-- Names of permissions, separated by commas; nothing for all the user has.
ALTER TABLE tokens ADD COLUMN scopes TEXT NOT NULL DEFAULT '';
CREATE INDEX tokens_by_user ON tokens (organization_id, user_id);

-- Argon2 hashes, in the form that says their parameters.
CREATE TABLE passwords (
    user_id BLOB PRIMARY KEY NOT NULL REFERENCES users ON DELETE CASCADE,
    hash    TEXT NOT NULL
);

-- Failures to sign in under a name, so that guessing takes too long, restarts or not.
CREATE TABLE sign_in_failures (
    username TEXT PRIMARY KEY NOT NULL,
    failures BIGINT NOT NULL,
    last_at  BIGINT NOT NULL
);

CREATE TABLE audit (
    organization_id BLOB NOT NULL REFERENCES organizations ON DELETE CASCADE,
    number          BIGINT NOT NULL,
    at              BIGINT NOT NULL,
    user_id         BLOB NOT NULL,
    address         TEXT NOT NULL,
    user_agent      TEXT NOT NULL,
    operation       TEXT NOT NULL,
    outcome         TEXT NOT NULL,
    changes         TEXT NOT NULL,
    previous        BLOB NOT NULL,
    hash            BLOB NOT NULL,
    PRIMARY KEY (organization_id, number)
);
