-- What is told to people and systems, written with the change that it is about and delivered later.
--
-- A row for each way on which a notice goes. What it says never changes; it holds no name and no identity number.

-- Where an employee is reached, as the employer says.
ALTER TABLE employment ADD COLUMN email TEXT;

CREATE TABLE notice (
    tenant   TEXT    NOT NULL REFERENCES tenant (id),
    id       TEXT    NOT NULL,
    channel  TEXT    NOT NULL CHECK (channel IN ('mail', 'webhook')),
    kind     TEXT    NOT NULL,
    about    TEXT    NOT NULL,
    person   TEXT    REFERENCES person (id),
    contact  TEXT,
    facts    TEXT    NOT NULL,
    at       BIGINT NOT NULL,
    state    TEXT    NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'delivered', 'dead')),
    attempts BIGINT NOT NULL DEFAULT 0,
    next_at  BIGINT NOT NULL,
    outcome  TEXT,
    version  BIGINT NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant, id, channel),
    CONSTRAINT one_addressee CHECK (person IS NULL OR contact IS NULL)
);
CREATE INDEX notice_waiting ON notice (next_at, tenant, id) WHERE state = 'waiting';
CREATE INDEX notice_about ON notice (tenant, kind, about, at);
CREATE TRIGGER notice_final BEFORE UPDATE ON notice FOR EACH ROW
WHEN (OLD.state = 'delivered' OR NEW.tenant <> OLD.tenant OR NEW.id <> OLD.id OR NEW.channel <> OLD.channel
    OR NEW.kind <> OLD.kind OR NEW.about <> OLD.about OR NEW.person IS DISTINCT FROM OLD.person
    OR NEW.contact IS DISTINCT FROM OLD.contact OR NEW.facts <> OLD.facts OR NEW.at <> OLD.at)
EXECUTE FUNCTION refuse('final', 'notice');

-- Cards whose certificates end soon.
CREATE INDEX certificate_card_end ON certificate (not_after) WHERE purpose = 'person-authentication' AND card IS NOT NULL;

-- The application of a card: what its evidence begins with.
CREATE INDEX enrolment_card ON enrolment (tenant, card);
