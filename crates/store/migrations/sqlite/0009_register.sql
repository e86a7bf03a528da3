-- What the person register says of people, whose data is protected, and what waits for somebody to look into it.

ALTER TABLE person ADD COLUMN protection TEXT
    CHECK (protection IN ('secrecy-marking', 'protected-registration', 'assumed-identity'));
ALTER TABLE person ADD COLUMN checked_at INTEGER NOT NULL DEFAULT 0;
CREATE INDEX person_checked ON person (checked_at, id);
CREATE INDEX person_protected ON person (id) WHERE protection IS NOT NULL;
CREATE INDEX employment_person ON employment (person, tenant);
CREATE INDEX card_holder ON card (holder, state);
CREATE INDEX enrolment_applicant ON enrolment (tenant, applicant, id);

-- What an approver said in their own words.
ALTER TABLE approval_signature ADD COLUMN reason TEXT;

-- Evidence: `answer` is sealed.
CREATE TABLE register_answer (
    person    TEXT    NOT NULL REFERENCES person (id),
    id        TEXT    NOT NULL,
    occasion  TEXT    NOT NULL CHECK (occasion IN ('order', 'recheck')),
    enrolment TEXT,
    source    TEXT    NOT NULL,
    answer    TEXT    NOT NULL,
    at        INTEGER NOT NULL,
    PRIMARY KEY (person, id)
) STRICT;
CREATE INDEX register_answer_at ON register_answer (person, at);
CREATE TRIGGER register_answer_update BEFORE UPDATE ON register_answer
BEGIN SELECT RAISE(ABORT, 'append_only: register_answer'); END;
CREATE TRIGGER register_answer_delete BEFORE DELETE ON register_answer
BEGIN SELECT RAISE(ABORT, 'append_only: register_answer'); END;

-- `about` and `closed_reason` are sealed.
CREATE TABLE work_item (
    tenant        TEXT    NOT NULL REFERENCES tenant (id),
    id            TEXT    NOT NULL,
    person        TEXT    REFERENCES person (id),
    about         TEXT    NOT NULL,
    reasons       TEXT    NOT NULL,
    since         INTEGER NOT NULL,
    closed_by     TEXT    REFERENCES person (id),
    closed_at     INTEGER,
    closed_reason TEXT,
    PRIMARY KEY (tenant, id),
    CONSTRAINT four_eyes_work CHECK (closed_by <> person),
    CONSTRAINT work_closed CHECK (
        (closed_by IS NULL) = (closed_at IS NULL) AND (closed_by IS NULL) = (closed_reason IS NULL)
    )
) STRICT;
CREATE INDEX work_item_open ON work_item (tenant, id) WHERE closed_at IS NULL;
CREATE TRIGGER work_item_final BEFORE UPDATE ON work_item
WHEN OLD.closed_at IS NOT NULL OR NEW.tenant <> OLD.tenant OR NEW.id <> OLD.id OR NEW.person IS NOT OLD.person
    OR NEW.about <> OLD.about OR NEW.reasons <> OLD.reasons OR NEW.since <> OLD.since
BEGIN SELECT RAISE(ABORT, 'final: work_item'); END;
CREATE TRIGGER work_item_kept BEFORE DELETE ON work_item
BEGIN SELECT RAISE(ABORT, 'append_only: work_item'); END;
