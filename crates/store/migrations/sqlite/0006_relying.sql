-- Relying services. Every revision stays; the highest approved one is in force.
CREATE TABLE relying_registration (
    client_id   TEXT    NOT NULL,
    revision    INTEGER NOT NULL CHECK (revision > 0),
    tenant      TEXT    NOT NULL REFERENCES tenant (id),
    body        TEXT    NOT NULL,
    proposed_by TEXT    NOT NULL,
    proposed_at INTEGER NOT NULL,
    approved_by TEXT,
    approved_at INTEGER,
    PRIMARY KEY (client_id, revision),
    FOREIGN KEY (tenant, proposed_by) REFERENCES employment (tenant, person),
    FOREIGN KEY (tenant, approved_by) REFERENCES employment (tenant, person),
    CONSTRAINT four_eyes CHECK (approved_by IS NULL OR approved_by <> proposed_by),
    CONSTRAINT approved CHECK ((approved_by IS NULL) = (approved_at IS NULL))
) STRICT;
CREATE INDEX relying_registration_tenant ON relying_registration (tenant, client_id);

-- Keys of identity tokens on the service's token.
CREATE TABLE token_key (
    label      TEXT    NOT NULL PRIMARY KEY,
    algorithm  TEXT    NOT NULL,
    spki       BLOB    NOT NULL,
    made_at    INTEGER NOT NULL,
    signs_from INTEGER NOT NULL
) STRICT;

-- Logins. `id` is the digest of a secret that the browser keeps.
CREATE TABLE login_session (
    id         BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 32),
    sid        TEXT    NOT NULL UNIQUE,
    tenant     TEXT    NOT NULL,
    person     TEXT    NOT NULL,
    card       TEXT,
    issuer     TEXT    NOT NULL,
    serial     TEXT    NOT NULL,
    client_id  TEXT    NOT NULL,
    body       TEXT    NOT NULL,
    at         INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    ended_at   INTEGER,
    FOREIGN KEY (tenant, person) REFERENCES employment (tenant, person),
    FOREIGN KEY (issuer, serial) REFERENCES certificate (issuer, serial)
) STRICT;
CREATE INDEX login_session_person ON login_session (tenant, person, expires_at);
CREATE INDEX login_session_open ON login_session (expires_at) WHERE ended_at IS NULL;

-- What was handed out in a login, under the digest of the secret. One that was spent is never good again.
CREATE TABLE login_ticket (
    kind       TEXT    NOT NULL,
    digest     BLOB    NOT NULL CHECK (length(digest) = 32),
    client_id  TEXT    NOT NULL,
    session    BLOB,
    body       TEXT    NOT NULL,
    at         INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    spent_at   INTEGER,
    PRIMARY KEY (kind, digest)
) STRICT;
CREATE INDEX login_ticket_end ON login_ticket (expires_at);
