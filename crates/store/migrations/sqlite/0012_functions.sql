-- Certificates of agencies' systems and of the agencies themselves.
--
-- The tables hold that whoever ordered one, or answers for it, did not approve it. Others may answer for it later.
CREATE TABLE function_order (
    tenant       TEXT    NOT NULL REFERENCES tenant (id),
    id           TEXT    NOT NULL,
    stage        TEXT    NOT NULL CHECK (stage IN ('requested', 'ordered', 'approved', 'issued')),
    subject      TEXT    NOT NULL,
    profile      TEXT    NOT NULL,
    revision     INTEGER NOT NULL,
    purpose      TEXT    NOT NULL,
    spki         BLOB    NOT NULL,
    challenge    TEXT    NOT NULL,
    renews       TEXT,
    ordered_by   TEXT    NOT NULL,
    requested_at INTEGER NOT NULL,
    responsible  TEXT    NOT NULL,
    contact      TEXT    NOT NULL,
    control      TEXT,
    statement    TEXT,
    approval     TEXT,
    ordered_at   INTEGER,
    approved_by  TEXT    REFERENCES person (id),
    approved_at  INTEGER,
    issuer       TEXT,
    serial       TEXT,
    not_after    INTEGER,
    issued_at    INTEGER,
    version      INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant, id),
    FOREIGN KEY (tenant, ordered_by) REFERENCES employment (tenant, person),
    FOREIGN KEY (tenant, responsible) REFERENCES employment (tenant, person),
    FOREIGN KEY (tenant, renews) REFERENCES function_order (tenant, id),
    FOREIGN KEY (tenant, approval) REFERENCES approval (tenant, id),
    CONSTRAINT four_eyes_function CHECK (approved_by <> ordered_by),
    CONSTRAINT stage_function_ordered CHECK (
        (stage = 'requested') = (statement IS NULL)
        AND (statement IS NULL) = (control IS NULL)
        AND (statement IS NULL) = (approval IS NULL)
        AND (statement IS NULL) = (ordered_at IS NULL)
    ),
    CONSTRAINT stage_function_approved CHECK (
        (stage IN ('requested', 'ordered')) = (approved_by IS NULL)
        AND (approved_by IS NULL) = (approved_at IS NULL)
    ),
    CONSTRAINT stage_function_issued CHECK (
        (stage = 'issued') = (issued_at IS NOT NULL)
        AND (issued_at IS NULL) = (issuer IS NULL)
        AND (issued_at IS NULL) = (serial IS NULL)
        AND (issued_at IS NULL) = (not_after IS NULL)
    )
) STRICT;
CREATE INDEX function_order_end ON function_order (not_after) WHERE stage = 'issued';
CREATE INDEX function_order_keeper ON function_order (tenant, responsible) WHERE stage = 'issued';

CREATE TRIGGER function_order_four_eyes BEFORE UPDATE ON function_order
WHEN OLD.approved_by IS NULL AND NEW.approved_by IS NOT NULL AND NEW.approved_by = NEW.responsible
BEGIN SELECT RAISE(ABORT, 'four_eyes: who answers for a function does not approve it'); END;
CREATE TRIGGER function_order_final BEFORE UPDATE ON function_order
WHEN NEW.tenant <> OLD.tenant OR NEW.id <> OLD.id OR NEW.subject <> OLD.subject OR NEW.profile <> OLD.profile
    OR NEW.revision <> OLD.revision OR NEW.purpose <> OLD.purpose OR NEW.spki <> OLD.spki
    OR NEW.challenge <> OLD.challenge OR NEW.renews IS NOT OLD.renews OR NEW.ordered_by <> OLD.ordered_by
    OR NEW.requested_at <> OLD.requested_at
    OR (OLD.issued_at IS NULL AND (NEW.responsible <> OLD.responsible OR NEW.contact <> OLD.contact))
    OR (OLD.statement IS NOT NULL AND (
        NEW.statement IS NOT OLD.statement OR NEW.control IS NOT OLD.control OR NEW.approval IS NOT OLD.approval
        OR NEW.ordered_at IS NOT OLD.ordered_at))
    OR (OLD.approved_by IS NOT NULL AND (
        NEW.approved_by IS NOT OLD.approved_by OR NEW.approved_at IS NOT OLD.approved_at))
    OR (OLD.issued_at IS NOT NULL AND (
        NEW.issued_at IS NOT OLD.issued_at OR NEW.issuer IS NOT OLD.issuer OR NEW.serial IS NOT OLD.serial
        OR NEW.not_after IS NOT OLD.not_after))
BEGIN SELECT RAISE(ABORT, 'final: function_order'); END;
CREATE TRIGGER function_order_kept BEFORE DELETE ON function_order
BEGIN SELECT RAISE(ABORT, 'append_only: function_order'); END;

-- Whose function a certificate is for. Such rows carry a service_key that no key has, so that they have one holder.
ALTER TABLE certificate ADD COLUMN function_tenant TEXT;
ALTER TABLE certificate ADD COLUMN function_id TEXT;
CREATE INDEX certificate_function ON certificate (function_tenant, function_id) WHERE function_id IS NOT NULL;
