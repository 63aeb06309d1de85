-- Sessions, users of an identity provider, and sign-ins that have begun.

-- A session is an access token and a refresh token. Refresh tokens stand here and not among the
-- tokens, so that none is ever taken for the other.
CREATE TABLE sessions (
    session_id      BLOB PRIMARY KEY NOT NULL,
    organization_id BLOB NOT NULL,
    user_id         BLOB NOT NULL,
    -- SHA-256 of the refresh token, and of the one it took the place of.
    refresh_hash    BLOB UNIQUE,
    previous_hash   BLOB UNIQUE,
    created_at      BIGINT NOT NULL,
    expires_at      BIGINT NOT NULL,
    FOREIGN KEY (organization_id, user_id) REFERENCES members ON DELETE CASCADE
);
CREATE INDEX sessions_by_member ON sessions (organization_id, user_id);
CREATE INDEX sessions_by_user ON sessions (user_id);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

ALTER TABLE tokens ADD COLUMN session_id BLOB REFERENCES sessions ON DELETE CASCADE;
CREATE INDEX tokens_by_session ON tokens (session_id) WHERE session_id IS NOT NULL;

-- Sessions from before have no refresh token, and end with the others when the password changes.
INSERT INTO sessions (session_id, organization_id, user_id, created_at, expires_at)
    SELECT substr(token_hash, 1, 16), organization_id, user_id, created_at, expires_at FROM tokens
    WHERE name = 'session' AND expires_at IS NOT NULL;
UPDATE tokens SET session_id = substr(token_hash, 1, 16)
    WHERE name = 'session' AND expires_at IS NOT NULL;

CREATE INDEX sign_in_failures_by_time ON sign_in_failures (last_at);

-- Who a user of an identity provider is here.
CREATE TABLE external_users (
    issuer  TEXT NOT NULL,
    subject TEXT NOT NULL,
    user_id BLOB NOT NULL REFERENCES users ON DELETE CASCADE,
    PRIMARY KEY (issuer, subject)
);
CREATE INDEX external_users_by_user ON external_users (user_id);

-- Sign-ins that have begun: what is remembered between two requests, which different servers may
-- answer. Each is taken once, by whoever knows the text whose SHA-256 is the key.
CREATE TABLE sign_ins (
    key_hash   BLOB PRIMARY KEY NOT NULL,
    step       TEXT NOT NULL,
    content    TEXT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX sign_ins_by_expiry ON sign_ins (expires_at);
