-- Agencies, people, cards, applications, approvals, certificates, revocations, published status, audit.
--
-- Times are seconds since 1970. Everything an agency owns has its id first in the key.
-- The same tables stand in migrations/postgres; keep the two in step.

CREATE TABLE tenant (
    id                  TEXT NOT NULL PRIMARY KEY,
    name                TEXT NOT NULL,
    organisation_number TEXT NOT NULL UNIQUE
) STRICT;

-- One row for a natural person, at however many agencies.
CREATE TABLE person (
    id              TEXT NOT NULL PRIMARY KEY,
    identity_number TEXT NOT NULL UNIQUE,
    given_name      TEXT NOT NULL,
    surname         TEXT NOT NULL
) STRICT;

CREATE TABLE employment (
    tenant TEXT    NOT NULL REFERENCES tenant (id),
    person TEXT    NOT NULL REFERENCES person (id),
    since  INTEGER NOT NULL,
    PRIMARY KEY (tenant, person)
) STRICT;

CREATE TABLE role_grant (
    tenant TEXT    NOT NULL,
    person TEXT    NOT NULL,
    role   TEXT    NOT NULL,
    since  INTEGER NOT NULL,
    PRIMARY KEY (tenant, person, role),
    FOREIGN KEY (tenant, person) REFERENCES employment (tenant, person)
) STRICT;

CREATE TABLE card (
    tenant   TEXT    NOT NULL,
    number   TEXT    NOT NULL UNIQUE,
    holder   TEXT    NOT NULL,
    bound_at INTEGER NOT NULL,
    state    TEXT    NOT NULL CHECK (state IN ('bound', 'active', 'revoked')),
    version  INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant, number),
    UNIQUE (tenant, holder, number),
    FOREIGN KEY (tenant, holder) REFERENCES employment (tenant, person)
) STRICT;

-- A card is bound once, and revoked for ever.
CREATE TRIGGER card_final BEFORE UPDATE ON card
WHEN OLD.state = 'revoked' OR NEW.tenant <> OLD.tenant OR NEW.number <> OLD.number
    OR NEW.holder <> OLD.holder OR NEW.bound_at <> OLD.bound_at
BEGIN SELECT RAISE(ABORT, 'final: card'); END;
CREATE TRIGGER card_kept BEFORE DELETE ON card
BEGIN SELECT RAISE(ABORT, 'append_only: card'); END;

CREATE TABLE approval (
    tenant     TEXT    NOT NULL REFERENCES tenant (id),
    id         TEXT    NOT NULL,
    operation  TEXT    NOT NULL,
    role       TEXT    NOT NULL,
    needed     INTEGER NOT NULL CHECK (needed > 0),
    expires_at INTEGER NOT NULL,
    used_at    INTEGER,
    version    INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant, id)
) STRICT;

-- What is approved never changes, and an approval is used once.
CREATE TRIGGER approval_final BEFORE UPDATE ON approval
WHEN OLD.used_at IS NOT NULL OR NEW.tenant <> OLD.tenant OR NEW.id <> OLD.id
    OR NEW.operation <> OLD.operation OR NEW.role <> OLD.role OR NEW.needed <> OLD.needed
    OR NEW.expires_at <> OLD.expires_at
BEGIN SELECT RAISE(ABORT, 'final: approval'); END;
CREATE TRIGGER approval_granted BEFORE UPDATE ON approval
WHEN NEW.used_at IS NOT NULL AND NEW.needed > (
    SELECT count(*) FROM approval_signature WHERE tenant = NEW.tenant AND approval = NEW.id
)
BEGIN SELECT RAISE(ABORT, 'four_eyes: too few signatures'); END;

-- People who can never approve this act: whoever prepared it, and whoever gains by it.
CREATE TABLE approval_excluded (
    tenant   TEXT NOT NULL,
    approval TEXT NOT NULL,
    person   TEXT NOT NULL REFERENCES person (id),
    PRIMARY KEY (tenant, approval, person),
    FOREIGN KEY (tenant, approval) REFERENCES approval (tenant, id)
) STRICT;
CREATE TRIGGER approval_excluded_update BEFORE UPDATE ON approval_excluded
BEGIN SELECT RAISE(ABORT, 'append_only: approval_excluded'); END;
CREATE TRIGGER approval_excluded_delete BEFORE DELETE ON approval_excluded
BEGIN SELECT RAISE(ABORT, 'append_only: approval_excluded'); END;

CREATE TABLE approval_signature (
    tenant    TEXT    NOT NULL,
    approval  TEXT    NOT NULL,
    person    TEXT    NOT NULL REFERENCES person (id),
    position  INTEGER NOT NULL,
    at        INTEGER NOT NULL,
    statement TEXT    NOT NULL,
    PRIMARY KEY (tenant, approval, person),
    FOREIGN KEY (tenant, approval) REFERENCES approval (tenant, id)
) STRICT;
CREATE TRIGGER approval_signature_four_eyes BEFORE INSERT ON approval_signature
WHEN EXISTS (
    SELECT 1 FROM approval_excluded
    WHERE tenant = NEW.tenant AND approval = NEW.approval AND person = NEW.person
)
BEGIN SELECT RAISE(ABORT, 'four_eyes: excluded from this approval'); END;
CREATE TRIGGER approval_signature_update BEFORE UPDATE ON approval_signature
BEGIN SELECT RAISE(ABORT, 'append_only: approval_signature'); END;
CREATE TRIGGER approval_signature_delete BEFORE DELETE ON approval_signature
BEGIN SELECT RAISE(ABORT, 'append_only: approval_signature'); END;

-- What a desk or bureau signed on the keys of a tray of cards.
CREATE TABLE delivery (
    tenant    TEXT NOT NULL REFERENCES tenant (id),
    id        TEXT NOT NULL CHECK (length(id) = 64),
    operation TEXT NOT NULL,
    statement TEXT NOT NULL,
    PRIMARY KEY (tenant, id)
) STRICT;
CREATE TRIGGER delivery_update BEFORE UPDATE ON delivery
BEGIN SELECT RAISE(ABORT, 'append_only: delivery'); END;
CREATE TRIGGER delivery_delete BEFORE DELETE ON delivery
BEGIN SELECT RAISE(ABORT, 'append_only: delivery'); END;

CREATE TABLE enrolment (
    tenant         TEXT    NOT NULL REFERENCES tenant (id),
    id             TEXT    NOT NULL,
    stage          TEXT    NOT NULL
        CHECK (stage IN ('submitted', 'identified', 'approved', 'issued', 'activated')),
    applicant      TEXT    NOT NULL REFERENCES person (id),
    card           TEXT    NOT NULL,
    subject        TEXT    NOT NULL,
    certificates   TEXT    NOT NULL,
    submitted_by   TEXT    NOT NULL REFERENCES person (id),
    submitted_at   INTEGER NOT NULL,
    identified_by  TEXT    REFERENCES person (id),
    identified_at  INTEGER,
    proof_document TEXT,
    proof_number   TEXT,
    proof_expires  TEXT,
    proof_method   TEXT,
    proof_place    TEXT,
    statement      TEXT,
    approval       TEXT,
    approved_by    TEXT    REFERENCES person (id),
    approved_at    INTEGER,
    serials        TEXT,
    issued_at      INTEGER,
    delivery       TEXT,
    activated_by   TEXT    REFERENCES person (id),
    activated_at   INTEGER,
    version        INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant, id),
    FOREIGN KEY (tenant, applicant, card) REFERENCES card (tenant, holder, number),
    FOREIGN KEY (tenant, approval) REFERENCES approval (tenant, id),
    FOREIGN KEY (tenant, delivery) REFERENCES delivery (tenant, id),
    CONSTRAINT four_eyes_submit CHECK (submitted_by <> applicant),
    CONSTRAINT four_eyes_identify CHECK (identified_by <> applicant),
    CONSTRAINT four_eyes_approve CHECK (
        approved_by <> applicant AND approved_by <> submitted_by AND approved_by <> identified_by
    ),
    CONSTRAINT four_eyes_activate CHECK (activated_by <> applicant AND activated_by <> approved_by),
    CONSTRAINT stage_identified CHECK (
        (stage = 'submitted') = (identified_by IS NULL)
        AND (identified_by IS NULL) = (identified_at IS NULL)
        AND (identified_by IS NULL) = (proof_document IS NULL)
        AND (identified_by IS NULL) = (proof_number IS NULL)
        AND (identified_by IS NULL) = (proof_expires IS NULL)
        AND (identified_by IS NULL) = (proof_method IS NULL)
        AND (identified_by IS NULL) = (proof_place IS NULL)
        AND (identified_by IS NULL) = (statement IS NULL)
        AND (identified_by IS NULL) = (approval IS NULL)
    ),
    CONSTRAINT stage_approved CHECK (
        (stage IN ('submitted', 'identified')) = (approved_by IS NULL)
        AND (approved_by IS NULL) = (approved_at IS NULL)
    ),
    CONSTRAINT stage_issued CHECK (
        (stage IN ('submitted', 'identified', 'approved')) = (issued_at IS NULL)
        AND (issued_at IS NULL) = (serials IS NULL)
        AND (issued_at IS NULL) = (delivery IS NULL)
    ),
    CONSTRAINT stage_activated CHECK (
        (stage = 'activated') = (activated_by IS NOT NULL)
        AND (activated_by IS NULL) = (activated_at IS NULL)
    )
) STRICT;
CREATE INDEX enrolment_stage ON enrolment (stage, tenant, id);

-- What was recorded at one stage is never rewritten at a later one.
CREATE TRIGGER enrolment_final BEFORE UPDATE ON enrolment
WHEN NEW.tenant <> OLD.tenant OR NEW.id <> OLD.id OR NEW.applicant <> OLD.applicant
    OR NEW.card <> OLD.card OR NEW.subject <> OLD.subject OR NEW.certificates <> OLD.certificates
    OR NEW.submitted_by <> OLD.submitted_by OR NEW.submitted_at <> OLD.submitted_at
    OR (OLD.identified_by IS NOT NULL AND (
        NEW.identified_by IS NOT OLD.identified_by OR NEW.identified_at IS NOT OLD.identified_at
        OR NEW.statement IS NOT OLD.statement OR NEW.approval IS NOT OLD.approval))
    OR (OLD.approved_by IS NOT NULL AND (
        NEW.approved_by IS NOT OLD.approved_by OR NEW.approved_at IS NOT OLD.approved_at))
    OR (OLD.issued_at IS NOT NULL AND (
        NEW.issued_at IS NOT OLD.issued_at OR NEW.serials IS NOT OLD.serials
        OR NEW.delivery IS NOT OLD.delivery))
    OR OLD.activated_by IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'final: enrolment'); END;
CREATE TRIGGER enrolment_kept BEFORE DELETE ON enrolment
BEGIN SELECT RAISE(ABORT, 'append_only: enrolment'); END;

-- A key is certified for one owner and one purpose, for ever.
CREATE TABLE certified_key (
    fingerprint BLOB NOT NULL PRIMARY KEY CHECK (length(fingerprint) = 32),
    owner_kind  TEXT NOT NULL CHECK (owner_kind IN ('person', 'service')),
    owner       TEXT NOT NULL,
    purpose     TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TRIGGER certified_key_final BEFORE UPDATE ON certified_key
WHEN NEW.fingerprint <> OLD.fingerprint OR NEW.owner_kind <> OLD.owner_kind OR NEW.owner <> OLD.owner
    OR NEW.purpose <> OLD.purpose
BEGIN SELECT RAISE(ABORT, 'final: certified_key'); END;
CREATE TRIGGER certified_key_kept BEFORE DELETE ON certified_key
BEGIN SELECT RAISE(ABORT, 'append_only: certified_key'); END;

-- Written before the HSM is asked, never changed. A row without one in `issued` is an intent.
CREATE TABLE certificate (
    issuer          TEXT    NOT NULL,
    serial          TEXT    NOT NULL CHECK (length(serial) = 32),
    tenant          TEXT,
    person          TEXT,
    card            TEXT,
    enrolment       TEXT,
    service_key     TEXT,
    purpose         TEXT    NOT NULL,
    profile         TEXT    NOT NULL,
    revision        INTEGER NOT NULL,
    key_fingerprint BLOB    NOT NULL REFERENCES certified_key (fingerprint),
    tbs             BLOB    NOT NULL,
    not_after       INTEGER NOT NULL,
    reserved_at     INTEGER NOT NULL,
    PRIMARY KEY (issuer, serial),
    FOREIGN KEY (tenant, person) REFERENCES employment (tenant, person),
    FOREIGN KEY (tenant, person, card) REFERENCES card (tenant, holder, number),
    FOREIGN KEY (tenant, enrolment) REFERENCES enrolment (tenant, id),
    CONSTRAINT one_holder CHECK (
        (service_key IS NULL) = (person IS NOT NULL)
        AND (person IS NULL) = (tenant IS NULL)
        AND (person IS NOT NULL OR (card IS NULL AND enrolment IS NULL))
    )
) STRICT;
CREATE INDEX certificate_person ON certificate (tenant, person) WHERE person IS NOT NULL;
CREATE INDEX certificate_service ON certificate (service_key, reserved_at) WHERE service_key IS NOT NULL;
CREATE TRIGGER certificate_update BEFORE UPDATE ON certificate
BEGIN SELECT RAISE(ABORT, 'append_only: certificate'); END;
CREATE TRIGGER certificate_delete BEFORE DELETE ON certificate
BEGIN SELECT RAISE(ABORT, 'append_only: certificate'); END;

CREATE TABLE issued (
    issuer      TEXT    NOT NULL,
    serial      TEXT    NOT NULL,
    fingerprint BLOB    NOT NULL UNIQUE CHECK (length(fingerprint) = 32),
    der         BLOB    NOT NULL,
    at          INTEGER NOT NULL,
    PRIMARY KEY (issuer, serial),
    FOREIGN KEY (issuer, serial) REFERENCES certificate (issuer, serial)
) STRICT;
CREATE TRIGGER issued_update BEFORE UPDATE ON issued
BEGIN SELECT RAISE(ABORT, 'append_only: issued'); END;
CREATE TRIGGER issued_delete BEFORE DELETE ON issued
BEGIN SELECT RAISE(ABORT, 'append_only: issued'); END;

-- The journal that OCSP and CRL follow from. Positions ascend in the order of acceptance.
CREATE TABLE revocation (
    position         INTEGER NOT NULL PRIMARY KEY,
    issuer           TEXT    NOT NULL,
    serial           TEXT    NOT NULL,
    reason           TEXT    NOT NULL,
    at               INTEGER NOT NULL,
    requester_person TEXT    REFERENCES person (id),
    requester_system TEXT,
    UNIQUE (issuer, serial),
    FOREIGN KEY (issuer, serial) REFERENCES certificate (issuer, serial),
    CONSTRAINT one_requester CHECK ((requester_person IS NULL) = (requester_system IS NOT NULL))
) STRICT;
CREATE INDEX revocation_issuer ON revocation (issuer, position);
CREATE TRIGGER revocation_update BEFORE UPDATE ON revocation
BEGIN SELECT RAISE(ABORT, 'append_only: revocation'); END;
CREATE TRIGGER revocation_delete BEFORE DELETE ON revocation
BEGIN SELECT RAISE(ABORT, 'append_only: revocation'); END;

-- One small row for each certificate: is it still an intent, and which OCSP answer is published.
-- Triggers keep it in step with the three tables above: whoever writes a revocation withdraws the
-- answer in the same statement.
-- `due` says when the next answer is wanted: never for an intent (NULL), at once after issue and
-- after revocation (0), else when the published one ends; the largest number when that one
-- outlives the certificate.
CREATE TABLE certificate_status (
    issuer      TEXT    NOT NULL,
    serial      TEXT    NOT NULL,
    reserved_at INTEGER NOT NULL,
    not_after   INTEGER NOT NULL,
    due         INTEGER,
    revoked     INTEGER NOT NULL DEFAULT 0 CHECK (revoked IN (0, 1)),
    answer      BLOB,
    this_update INTEGER,
    next_update INTEGER,
    PRIMARY KEY (issuer, serial)
) STRICT;
CREATE INDEX certificate_status_due ON certificate_status (issuer, due) WHERE due IS NOT NULL;
CREATE INDEX certificate_status_open ON certificate_status (reserved_at) WHERE due IS NULL;
CREATE TRIGGER certificate_reserved AFTER INSERT ON certificate BEGIN
    INSERT INTO certificate_status (issuer, serial, reserved_at, not_after)
    VALUES (NEW.issuer, NEW.serial, NEW.reserved_at, NEW.not_after);
END;
CREATE TRIGGER certificate_issued AFTER INSERT ON issued BEGIN
    UPDATE certificate_status SET due = 0 WHERE issuer = NEW.issuer AND serial = NEW.serial;
END;
CREATE TRIGGER certificate_revoked AFTER INSERT ON revocation BEGIN
    UPDATE certificate_status
    SET revoked = 1, answer = NULL, this_update = NULL, next_update = NULL, due = 0
    WHERE issuer = NEW.issuer AND serial = NEW.serial;
END;

CREATE TABLE crl (
    issuer      TEXT    NOT NULL,
    number      INTEGER NOT NULL,
    der         BLOB    NOT NULL,
    this_update INTEGER NOT NULL,
    next_update INTEGER NOT NULL,
    PRIMARY KEY (issuer, number)
) STRICT;
CREATE TRIGGER crl_update BEFORE UPDATE ON crl
BEGIN SELECT RAISE(ABORT, 'append_only: crl'); END;

-- The chain. Holds no personal data.
CREATE TABLE audit_record (
    sequence INTEGER NOT NULL PRIMARY KEY,
    text     TEXT    NOT NULL,
    hash     BLOB    NOT NULL CHECK (length(hash) = 32)
) STRICT;
CREATE TRIGGER audit_record_update BEFORE UPDATE ON audit_record
BEGIN SELECT RAISE(ABORT, 'append_only: audit_record'); END;
CREATE TRIGGER audit_record_delete BEFORE DELETE ON audit_record
BEGIN SELECT RAISE(ABORT, 'append_only: audit_record'); END;

-- Personal data beside the chain; rows are deleted when the data is erased.
CREATE TABLE audit_personal (
    sequence INTEGER NOT NULL REFERENCES audit_record (sequence),
    field    TEXT    NOT NULL,
    salt     BLOB    NOT NULL CHECK (length(salt) = 16),
    value    TEXT    NOT NULL,
    PRIMARY KEY (sequence, field)
) STRICT;
CREATE TRIGGER audit_personal_update BEFORE UPDATE ON audit_personal
BEGIN SELECT RAISE(ABORT, 'append_only: audit_personal'); END;
