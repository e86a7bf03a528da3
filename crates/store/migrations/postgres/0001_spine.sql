-- Agencies, people, cards, applications, approvals, certificates, revocations, published status, audit.
--
-- Times are seconds since 1970. Everything an agency owns has its id first in the key.
-- The same tables stand in migrations/sqlite; keep the two in step.

-- The whole of a trigger that forbids: its class and the table are its arguments.
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%: %', TG_ARGV[0], TG_ARGV[1]
        USING ERRCODE = 'check_violation', CONSTRAINT = TG_ARGV[0] || '_' || TG_ARGV[1];
END $$;

-- Has no rows. Whoever holds its lock is the one writer of the moment.
CREATE TABLE writer (nothing BIGINT);

CREATE TABLE tenant (
    id                  TEXT NOT NULL PRIMARY KEY,
    name                TEXT NOT NULL,
    organisation_number TEXT NOT NULL UNIQUE
);

-- One row for a natural person, at however many agencies.
CREATE TABLE person (
    id              TEXT NOT NULL PRIMARY KEY,
    identity_number TEXT NOT NULL UNIQUE,
    given_name      TEXT NOT NULL,
    surname         TEXT NOT NULL
);

CREATE TABLE employment (
    tenant TEXT    NOT NULL REFERENCES tenant (id),
    person TEXT    NOT NULL REFERENCES person (id),
    since  BIGINT NOT NULL,
    PRIMARY KEY (tenant, person)
);

CREATE TABLE role_grant (
    tenant TEXT    NOT NULL,
    person TEXT    NOT NULL,
    role   TEXT    NOT NULL,
    since  BIGINT NOT NULL,
    PRIMARY KEY (tenant, person, role),
    FOREIGN KEY (tenant, person) REFERENCES employment (tenant, person)
);

CREATE TABLE card (
    tenant   TEXT    NOT NULL,
    number   TEXT    NOT NULL UNIQUE,
    holder   TEXT    NOT NULL,
    bound_at BIGINT NOT NULL,
    state    TEXT    NOT NULL CHECK (state IN ('bound', 'active', 'revoked')),
    version  BIGINT NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant, number),
    UNIQUE (tenant, holder, number),
    FOREIGN KEY (tenant, holder) REFERENCES employment (tenant, person)
);

-- A card is bound once, and revoked for ever.
CREATE TRIGGER card_final BEFORE UPDATE ON card FOR EACH ROW
WHEN (OLD.state = 'revoked' OR NEW.tenant <> OLD.tenant OR NEW.number <> OLD.number
    OR NEW.holder <> OLD.holder OR NEW.bound_at <> OLD.bound_at)
EXECUTE FUNCTION refuse('final', 'card');
CREATE TRIGGER card_kept BEFORE DELETE ON card FOR EACH ROW
EXECUTE FUNCTION refuse('append_only', 'card');

CREATE TABLE approval (
    tenant     TEXT    NOT NULL REFERENCES tenant (id),
    id         TEXT    NOT NULL,
    operation  TEXT    NOT NULL,
    role       TEXT    NOT NULL,
    needed     BIGINT NOT NULL CHECK (needed > 0),
    expires_at BIGINT NOT NULL,
    used_at    BIGINT,
    version    BIGINT NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant, id)
);

-- What is approved never changes, and an approval is used once.
CREATE TRIGGER approval_final BEFORE UPDATE ON approval FOR EACH ROW
WHEN (OLD.used_at IS NOT NULL OR NEW.tenant <> OLD.tenant OR NEW.id <> OLD.id
    OR NEW.operation <> OLD.operation OR NEW.role <> OLD.role OR NEW.needed <> OLD.needed
    OR NEW.expires_at <> OLD.expires_at)
EXECUTE FUNCTION refuse('final', 'approval');
CREATE FUNCTION approval_granted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.used_at IS NOT NULL AND NEW.needed > (
    SELECT count(*) FROM approval_signature WHERE tenant = NEW.tenant AND approval = NEW.id
) THEN
        RAISE EXCEPTION 'four_eyes: too few signatures' USING ERRCODE = 'check_violation', CONSTRAINT = 'four_eyes_approval_granted';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER approval_granted BEFORE UPDATE ON approval FOR EACH ROW EXECUTE FUNCTION approval_granted();

-- People who can never approve this act: whoever prepared it, and whoever gains by it.
CREATE TABLE approval_excluded (
    tenant   TEXT NOT NULL,
    approval TEXT NOT NULL,
    person   TEXT NOT NULL REFERENCES person (id),
    PRIMARY KEY (tenant, approval, person),
    FOREIGN KEY (tenant, approval) REFERENCES approval (tenant, id)
);
CREATE TRIGGER approval_excluded_update BEFORE UPDATE ON approval_excluded FOR EACH ROW
EXECUTE FUNCTION refuse('append_only', 'approval_excluded');
CREATE TRIGGER approval_excluded_delete BEFORE DELETE ON approval_excluded FOR EACH ROW
EXECUTE FUNCTION refuse('append_only', 'approval_excluded');

CREATE TABLE approval_signature (
    tenant    TEXT    NOT NULL,
    approval  TEXT    NOT NULL,
    person    TEXT    NOT NULL REFERENCES person (id),
    position  BIGINT NOT NULL,
    at        BIGINT NOT NULL,
    statement TEXT    NOT NULL,
    PRIMARY KEY (tenant, approval, person),
    FOREIGN KEY (tenant, approval) REFERENCES approval (tenant, id)
);
CREATE FUNCTION approval_signature_four_eyes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
    SELECT 1 FROM approval_excluded
    WHERE tenant = NEW.tenant AND approval = NEW.approval AND person = NEW.person
) THEN
        RAISE EXCEPTION 'four_eyes: excluded from this approval' USING ERRCODE = 'check_violation', CONSTRAINT = 'four_eyes_approval_signature_four_eyes';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER approval_signature_four_eyes BEFORE INSERT ON approval_signature FOR EACH ROW EXECUTE FUNCTION approval_signature_four_eyes();
CREATE TRIGGER approval_signature_update BEFORE UPDATE ON approval_signature FOR EACH ROW
EXECUTE FUNCTION refuse('append_only', 'approval_signature');
CREATE TRIGGER approval_signature_delete BEFORE DELETE ON approval_signature FOR EACH ROW
EXECUTE FUNCTION refuse('append_only', 'approval_signature');

-- What a desk or bureau signed on the keys of a tray of cards.
CREATE TABLE delivery (
    tenant    TEXT NOT NULL REFERENCES tenant (id),
    id        TEXT NOT NULL CHECK (length(id) = 64),
    operation TEXT NOT NULL,
    statement TEXT NOT NULL,
    PRIMARY KEY (tenant, id)
);
CREATE TRIGGER delivery_update BEFORE UPDATE ON delivery FOR EACH ROW
EXECUTE FUNCTION refuse('append_only', 'delivery');
CREATE TRIGGER delivery_delete BEFORE DELETE ON delivery FOR EACH ROW
EXECUTE FUNCTION refuse('append_only', 'delivery');

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
    submitted_at   BIGINT NOT NULL,
    identified_by  TEXT    REFERENCES person (id),
    identified_at  BIGINT,
    proof_document TEXT,
    proof_number   TEXT,
    proof_expires  TEXT,
    proof_method   TEXT,
    proof_place    TEXT,
    statement      TEXT,
    approval       TEXT,
    approved_by    TEXT    REFERENCES person (id),
    approved_at    BIGINT,
    serials        TEXT,
    issued_at      BIGINT,
    delivery       TEXT,
    activated_by   TEXT    REFERENCES person (id),
    activated_at   BIGINT,
    version        BIGINT NOT NULL DEFAULT 1,
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
);
CREATE INDEX enrolment_stage ON enrolment (stage, tenant, id);

-- What was recorded at one stage is never rewritten at a later one.
CREATE TRIGGER enrolment_final BEFORE UPDATE ON enrolment FOR EACH ROW
WHEN (NEW.tenant <> OLD.tenant OR NEW.id <> OLD.id OR NEW.applicant <> OLD.applicant
    OR NEW.card <> OLD.card OR NEW.subject <> OLD.subject OR NEW.certificates <> OLD.certificates
    OR NEW.submitted_by <> OLD.submitted_by OR NEW.submitted_at <> OLD.submitted_at
    OR (OLD.identified_by IS NOT NULL AND (
        NEW.identified_by IS DISTINCT FROM OLD.identified_by OR NEW.identified_at IS DISTINCT FROM OLD.identified_at
        OR NEW.statement IS DISTINCT FROM OLD.statement OR NEW.approval IS DISTINCT FROM OLD.approval))
    OR (OLD.approved_by IS NOT NULL AND (
        NEW.approved_by IS DISTINCT FROM OLD.approved_by OR NEW.approved_at IS DISTINCT FROM OLD.approved_at))
    OR (OLD.issued_at IS NOT NULL AND (
        NEW.issued_at IS DISTINCT FROM OLD.issued_at OR NEW.serials IS DISTINCT FROM OLD.serials
        OR NEW.delivery IS DISTINCT FROM OLD.delivery))
    OR OLD.activated_by IS NOT NULL)
EXECUTE FUNCTION refuse('final', 'enrolment');
CREATE TRIGGER enrolment_kept BEFORE DELETE ON enrolment FOR EACH ROW
EXECUTE FUNCTION refuse('append_only', 'enrolment');

-- A key is certified for one owner and one purpose, for ever.
CREATE TABLE certified_key (
    fingerprint BYTEA NOT NULL PRIMARY KEY CHECK (length(fingerprint) = 32),
    owner_kind  TEXT NOT NULL CHECK (owner_kind IN ('person', 'service')),
    owner       TEXT NOT NULL,
    purpose     TEXT NOT NULL
);

CREATE TRIGGER certified_key_final BEFORE UPDATE ON certified_key FOR EACH ROW
WHEN (NEW.fingerprint <> OLD.fingerprint OR NEW.owner_kind <> OLD.owner_kind OR NEW.owner <> OLD.owner
    OR NEW.purpose <> OLD.purpose)
EXECUTE FUNCTION refuse('final', 'certified_key');
CREATE TRIGGER certified_key_kept BEFORE DELETE ON certified_key FOR EACH ROW
EXECUTE FUNCTION refuse('append_only', 'certified_key');

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
    revision        BIGINT NOT NULL,
    key_fingerprint BYTEA    NOT NULL REFERENCES certified_key (fingerprint),
    tbs             BYTEA    NOT NULL,
    not_after       BIGINT NOT NULL,
    reserved_at     BIGINT NOT NULL,
    PRIMARY KEY (issuer, serial),
    FOREIGN KEY (tenant, person) REFERENCES employment (tenant, person),
    FOREIGN KEY (tenant, person, card) REFERENCES card (tenant, holder, number),
    FOREIGN KEY (tenant, enrolment) REFERENCES enrolment (tenant, id),
    CONSTRAINT one_holder CHECK (
        (service_key IS NULL) = (person IS NOT NULL)
        AND (person IS NULL) = (tenant IS NULL)
        AND (person IS NOT NULL OR (card IS NULL AND enrolment IS NULL))
    )
);
CREATE INDEX certificate_person ON certificate (tenant, person) WHERE person IS NOT NULL;
CREATE INDEX certificate_service ON certificate (service_key, reserved_at) WHERE service_key IS NOT NULL;
CREATE TRIGGER certificate_update BEFORE UPDATE ON certificate FOR EACH ROW
EXECUTE FUNCTION refuse('append_only', 'certificate');
CREATE TRIGGER certificate_delete BEFORE DELETE ON certificate FOR EACH ROW
EXECUTE FUNCTION refuse('append_only', 'certificate');

CREATE TABLE issued (
    issuer      TEXT    NOT NULL,
    serial      TEXT    NOT NULL,
    fingerprint BYTEA    NOT NULL UNIQUE CHECK (length(fingerprint) = 32),
    der         BYTEA    NOT NULL,
    at          BIGINT NOT NULL,
    PRIMARY KEY (issuer, serial),
    FOREIGN KEY (issuer, serial) REFERENCES certificate (issuer, serial)
);
CREATE TRIGGER issued_update BEFORE UPDATE ON issued FOR EACH ROW
EXECUTE FUNCTION refuse('append_only', 'issued');
CREATE TRIGGER issued_delete BEFORE DELETE ON issued FOR EACH ROW
EXECUTE FUNCTION refuse('append_only', 'issued');

-- The journal that OCSP and CRL follow from. Positions ascend in the order of acceptance.
CREATE TABLE revocation (
    position         BIGINT NOT NULL PRIMARY KEY,
    issuer           TEXT    NOT NULL,
    serial           TEXT    NOT NULL,
    reason           TEXT    NOT NULL,
    at               BIGINT NOT NULL,
    requester_person TEXT    REFERENCES person (id),
    requester_system TEXT,
    UNIQUE (issuer, serial),
    FOREIGN KEY (issuer, serial) REFERENCES certificate (issuer, serial),
    CONSTRAINT one_requester CHECK ((requester_person IS NULL) = (requester_system IS NOT NULL))
);
CREATE INDEX revocation_issuer ON revocation (issuer, position);
CREATE TRIGGER revocation_update BEFORE UPDATE ON revocation FOR EACH ROW
EXECUTE FUNCTION refuse('append_only', 'revocation');
CREATE TRIGGER revocation_delete BEFORE DELETE ON revocation FOR EACH ROW
EXECUTE FUNCTION refuse('append_only', 'revocation');

-- One small row for each certificate: is it still an intent, and which OCSP answer is published.
-- Triggers keep it in step with the three tables above: whoever writes a revocation withdraws the
-- answer in the same statement.
-- `due` says when the next answer is wanted: never for an intent (NULL), at once after issue and
-- after revocation (0), else when the published one ends; the largest number when that one
-- outlives the certificate.
CREATE TABLE certificate_status (
    issuer      TEXT    NOT NULL,
    serial      TEXT    NOT NULL,
    reserved_at BIGINT NOT NULL,
    not_after   BIGINT NOT NULL,
    due         BIGINT,
    revoked     BIGINT NOT NULL DEFAULT 0 CHECK (revoked IN (0, 1)),
    answer      BYTEA,
    this_update BIGINT,
    next_update BIGINT,
    PRIMARY KEY (issuer, serial)
);
CREATE INDEX certificate_status_due ON certificate_status (issuer, due) WHERE due IS NOT NULL;
CREATE INDEX certificate_status_open ON certificate_status (reserved_at) WHERE due IS NULL;
CREATE FUNCTION certificate_reserved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO certificate_status (issuer, serial, reserved_at, not_after)
    SELECT added.issuer, added.serial, added.reserved_at, added.not_after FROM added;
    RETURN NULL;
END $$;
CREATE TRIGGER certificate_reserved AFTER INSERT ON certificate REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION certificate_reserved();
CREATE FUNCTION certificate_issued() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE certificate_status s SET due = 0 FROM added
    WHERE s.issuer = added.issuer AND s.serial = added.serial;
    RETURN NULL;
END $$;
CREATE TRIGGER certificate_issued AFTER INSERT ON issued REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION certificate_issued();
CREATE FUNCTION certificate_revoked() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE certificate_status s
    SET revoked = 1, answer = NULL, this_update = NULL, next_update = NULL, due = 0 FROM added
    WHERE s.issuer = added.issuer AND s.serial = added.serial;
    RETURN NULL;
END $$;
CREATE TRIGGER certificate_revoked AFTER INSERT ON revocation REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION certificate_revoked();

CREATE TABLE crl (
    issuer      TEXT    NOT NULL,
    number      BIGINT NOT NULL,
    der         BYTEA    NOT NULL,
    this_update BIGINT NOT NULL,
    next_update BIGINT NOT NULL,
    PRIMARY KEY (issuer, number)
);
CREATE TRIGGER crl_update BEFORE UPDATE ON crl FOR EACH ROW
EXECUTE FUNCTION refuse('append_only', 'crl');

-- The chain. Holds no personal data.
CREATE TABLE audit_record (
    sequence BIGINT NOT NULL PRIMARY KEY,
    text     TEXT    NOT NULL,
    hash     BYTEA    NOT NULL CHECK (length(hash) = 32)
);
CREATE TRIGGER audit_record_update BEFORE UPDATE ON audit_record FOR EACH ROW
EXECUTE FUNCTION refuse('append_only', 'audit_record');
CREATE TRIGGER audit_record_delete BEFORE DELETE ON audit_record FOR EACH ROW
EXECUTE FUNCTION refuse('append_only', 'audit_record');

-- Personal data beside the chain; rows are deleted when the data is erased.
CREATE TABLE audit_personal (
    sequence BIGINT NOT NULL REFERENCES audit_record (sequence),
    field    TEXT    NOT NULL,
    salt     BYTEA    NOT NULL CHECK (length(salt) = 16),
    value    TEXT    NOT NULL,
    PRIMARY KEY (sequence, field)
);
CREATE TRIGGER audit_personal_update BEFORE UPDATE ON audit_personal FOR EACH ROW
EXECUTE FUNCTION refuse('append_only', 'audit_personal');

-- TRUNCATE passes the row triggers by.
CREATE TRIGGER certificate_truncate BEFORE TRUNCATE ON certificate FOR EACH STATEMENT
EXECUTE FUNCTION refuse('append_only', 'certificate');
CREATE TRIGGER issued_truncate BEFORE TRUNCATE ON issued FOR EACH STATEMENT
EXECUTE FUNCTION refuse('append_only', 'issued');
CREATE TRIGGER revocation_truncate BEFORE TRUNCATE ON revocation FOR EACH STATEMENT
EXECUTE FUNCTION refuse('append_only', 'revocation');
CREATE TRIGGER crl_truncate BEFORE TRUNCATE ON crl FOR EACH STATEMENT
EXECUTE FUNCTION refuse('append_only', 'crl');
CREATE TRIGGER audit_record_truncate BEFORE TRUNCATE ON audit_record FOR EACH STATEMENT
EXECUTE FUNCTION refuse('append_only', 'audit_record');

-- Keys, signatures and their base64 do not compress: do not try.
ALTER TABLE approval_signature ALTER COLUMN statement SET STORAGE EXTERNAL;
ALTER TABLE enrolment ALTER COLUMN statement SET STORAGE EXTERNAL;
ALTER TABLE delivery ALTER COLUMN operation SET STORAGE EXTERNAL, ALTER COLUMN statement SET STORAGE EXTERNAL;
ALTER TABLE certificate ALTER COLUMN tbs SET STORAGE EXTERNAL;
ALTER TABLE issued ALTER COLUMN der SET STORAGE EXTERNAL;
ALTER TABLE certificate_status ALTER COLUMN answer SET STORAGE EXTERNAL;
ALTER TABLE crl ALTER COLUMN der SET STORAGE EXTERNAL;
