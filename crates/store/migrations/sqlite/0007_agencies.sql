-- How agencies come to where they may issue, and who holds which packages.
--
-- Of each step and each order it is recorded who asked and who decided; the tables refuse that it is one person.

ALTER TABLE tenant ADD COLUMN kind TEXT NOT NULL DEFAULT 'state-agency';

CREATE TABLE agreement (
    tenant     TEXT    NOT NULL REFERENCES tenant (id),
    reference  TEXT    NOT NULL,
    sha256     TEXT    NOT NULL CHECK (length(sha256) = 64),
    signatory  TEXT    NOT NULL,
    from_at    INTEGER NOT NULL,
    until_at   INTEGER,
    filed_by   TEXT    REFERENCES person (id),
    filed_at   INTEGER NOT NULL,
    PRIMARY KEY (tenant, reference)
) STRICT;
CREATE TRIGGER agreement_update BEFORE UPDATE ON agreement
BEGIN SELECT RAISE(ABORT, 'append_only: agreement'); END;
CREATE TRIGGER agreement_delete BEFORE DELETE ON agreement
BEGIN SELECT RAISE(ABORT, 'append_only: agreement'); END;

-- A step without people was taken by a key ceremony.
CREATE TABLE onboarding_move (
    tenant      TEXT    NOT NULL REFERENCES tenant (id),
    id          TEXT    NOT NULL,
    scope       TEXT    NOT NULL CHECK (scope IN ('agency', 'certificates', 'login', 'signing')),
    phase       TEXT    NOT NULL CHECK (phase IN ('initiera', 'planera', 'paketera', 'köra', 'avslut')),
    shown       TEXT    NOT NULL,
    proposed_by TEXT    REFERENCES person (id),
    proposed_at INTEGER NOT NULL,
    verdict     TEXT    CHECK (verdict IN ('accepted', 'refused')),
    decided_by  TEXT    REFERENCES person (id),
    decided_at  INTEGER,
    reason      TEXT,
    version     INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant, id),
    CONSTRAINT four_eyes_move CHECK (proposed_by <> decided_by),
    CONSTRAINT move_decided CHECK (
        (verdict IS NULL) = (decided_at IS NULL) AND (verdict IS NULL) = (reason IS NULL)
        AND (verdict IS NOT NULL OR decided_by IS NULL)
        AND (verdict IS NULL OR (proposed_by IS NULL) = (decided_by IS NULL))
    )
) STRICT;
-- One step at a time, and each phase is entered once.
CREATE UNIQUE INDEX onboarding_move_open ON onboarding_move (tenant, scope) WHERE verdict IS NULL;
CREATE UNIQUE INDEX onboarding_move_taken ON onboarding_move (tenant, scope, phase) WHERE verdict = 'accepted';
CREATE TRIGGER onboarding_move_final BEFORE UPDATE ON onboarding_move
WHEN OLD.verdict IS NOT NULL OR NEW.tenant <> OLD.tenant OR NEW.id <> OLD.id OR NEW.scope <> OLD.scope
    OR NEW.phase <> OLD.phase OR NEW.shown <> OLD.shown OR NEW.proposed_by IS NOT OLD.proposed_by
    OR NEW.proposed_at <> OLD.proposed_at
BEGIN SELECT RAISE(ABORT, 'final: onboarding_move'); END;
CREATE TRIGGER onboarding_move_kept BEFORE DELETE ON onboarding_move
BEGIN SELECT RAISE(ABORT, 'append_only: onboarding_move'); END;

-- An assignment without people was given by a key ceremony. A later stage keeps what the earlier recorded.
CREATE TABLE assignment (
    tenant          TEXT    NOT NULL,
    id              TEXT    NOT NULL,
    person          TEXT    NOT NULL,
    package         TEXT    NOT NULL,
    package_version INTEGER NOT NULL CHECK (package_version > 0),
    from_at         INTEGER NOT NULL,
    until_at        INTEGER NOT NULL CHECK (until_at >= from_at),
    reason          TEXT    NOT NULL,
    stage           TEXT    NOT NULL CHECK (stage IN ('ordered', 'active', 'refused', 'ended')),
    ordered_by      TEXT    REFERENCES person (id),
    ordered_at      INTEGER NOT NULL,
    decided_by      TEXT    REFERENCES person (id),
    decided_at      INTEGER,
    decided_reason  TEXT,
    ended_by        TEXT    REFERENCES person (id),
    ended_at        INTEGER,
    ended_reason    TEXT,
    version         INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant, id),
    FOREIGN KEY (tenant, person) REFERENCES employment (tenant, person),
    CONSTRAINT four_eyes_order CHECK (ordered_by <> person),
    CONSTRAINT four_eyes_decide CHECK (decided_by <> person AND decided_by <> ordered_by),
    CONSTRAINT four_eyes_end CHECK (ended_by <> person),
    CONSTRAINT assignment_decided CHECK (
        (stage = 'ordered') = (decided_at IS NULL) AND (decided_at IS NULL) = (decided_reason IS NULL)
        AND (decided_at IS NOT NULL OR decided_by IS NULL)
        AND (decided_at IS NULL OR (ordered_by IS NULL) = (decided_by IS NULL))
    ),
    CONSTRAINT assignment_ended CHECK (
        (stage = 'ended') = (ended_at IS NOT NULL) AND (ended_at IS NULL) = (ended_by IS NULL)
        AND (ended_at IS NULL) = (ended_reason IS NULL)
    )
) STRICT;
CREATE INDEX assignment_person ON assignment (person);
CREATE TRIGGER assignment_final BEFORE UPDATE ON assignment
WHEN OLD.stage IN ('refused', 'ended') OR NEW.stage = OLD.stage OR NEW.tenant <> OLD.tenant OR NEW.id <> OLD.id
    OR NEW.person <> OLD.person OR NEW.package <> OLD.package OR NEW.package_version <> OLD.package_version
    OR NEW.from_at <> OLD.from_at OR NEW.until_at <> OLD.until_at OR NEW.reason <> OLD.reason
    OR NEW.ordered_by IS NOT OLD.ordered_by OR NEW.ordered_at <> OLD.ordered_at
    OR (OLD.decided_at IS NOT NULL AND (
        NEW.decided_by IS NOT OLD.decided_by OR NEW.decided_at IS NOT OLD.decided_at
        OR NEW.decided_reason IS NOT OLD.decided_reason))
BEGIN SELECT RAISE(ABORT, 'final: assignment'); END;
CREATE TRIGGER assignment_kept BEFORE DELETE ON assignment
BEGIN SELECT RAISE(ABORT, 'append_only: assignment'); END;

CREATE TABLE training (
    tenant      TEXT    NOT NULL,
    person      TEXT    NOT NULL,
    training    TEXT    NOT NULL,
    passed_at   INTEGER NOT NULL,
    recorded_by TEXT    REFERENCES person (id),
    recorded_at INTEGER NOT NULL,
    PRIMARY KEY (tenant, person, training, passed_at),
    FOREIGN KEY (tenant, person) REFERENCES employment (tenant, person),
    CONSTRAINT four_eyes_training CHECK (recorded_by <> person)
) STRICT;
CREATE TRIGGER training_update BEFORE UPDATE ON training
BEGIN SELECT RAISE(ABORT, 'append_only: training'); END;
CREATE TRIGGER training_delete BEFORE DELETE ON training
BEGIN SELECT RAISE(ABORT, 'append_only: training'); END;

-- What was in use before goes on: roles as packages for two years from their beginning, agencies as connected. An
-- agreement was never on file; until one is, nothing more is issued.
INSERT INTO assignment
    (tenant, id, person, package, package_version, from_at, until_at, reason, stage, ordered_at, decided_at, decided_reason)
SELECT tenant, role || '-' || person, person, role, 1, since, since + 63072000, 'a role before there were packages',
    'active', since, since, 'a role before there were packages'
FROM role_grant;
INSERT INTO training (tenant, person, training, passed_at, recorded_at)
SELECT DISTINCT tenant, person, kind, since, since
FROM role_grant, (SELECT 'registration' AS kind UNION SELECT 'security') AS kinds;
INSERT INTO onboarding_move (tenant, id, scope, phase, shown, proposed_at, verdict, decided_at, reason)
SELECT t.id, scope || '-' || t.id, scope, 'köra', '{}', 0, 'accepted', 0, 'in use before phases were recorded'
FROM tenant t, (SELECT 'agency' AS scope UNION SELECT 'certificates' UNION SELECT 'login' UNION SELECT 'signing') AS scopes;
