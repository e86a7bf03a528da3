-- The lives of CA keys and roots: every state with its date, one row each; the last row of a CA holds.
-- What the ceremony left has no approval; every later state has the security officers'.
-- The signer's journal decides; this is what the service knows while the signer is away.
CREATE TABLE ca_key_stage (
    issuer      TEXT    NOT NULL,
    position    INTEGER NOT NULL,
    state       TEXT    NOT NULL
        CHECK (state IN ('generated', 'active', 'status-only', 'retired', 'destroyed')),
    compromised INTEGER NOT NULL CHECK (compromised IN (0, 1)),
    operation   TEXT,
    statement   TEXT,
    at          INTEGER NOT NULL,
    PRIMARY KEY (issuer, position),
    CONSTRAINT approved CHECK (
        (operation IS NULL) = (statement IS NULL) AND (position = 1 OR operation IS NOT NULL)
    )
) STRICT;
CREATE TRIGGER ca_key_stage_update BEFORE UPDATE ON ca_key_stage
BEGIN SELECT RAISE(ABORT, 'append_only: ca_key_stage'); END;
CREATE TRIGGER ca_key_stage_delete BEFORE DELETE ON ca_key_stage
BEGIN SELECT RAISE(ABORT, 'append_only: ca_key_stage'); END;

-- Whoever issued before there were states was active.
INSERT INTO ca_key_stage (issuer, position, state, compromised, at)
SELECT issuer, 1, 'active', 0, min(reserved_at) FROM certificate GROUP BY issuer;
