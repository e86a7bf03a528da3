-- Personal data stands sealed in its rows, under data keys that are wrapped by a key on the service's token.
--
-- The program seals what stands in clear here when it makes the first keys.
CREATE TABLE data_key (
    id      BIGINT NOT NULL PRIMARY KEY,
    purpose TEXT   NOT NULL CHECK (purpose IN ('seal', 'index')),
    wrapped BYTEA  NOT NULL
);
CREATE TRIGGER data_key_final BEFORE UPDATE ON data_key FOR EACH ROW
WHEN (NEW.id <> OLD.id OR NEW.purpose <> OLD.purpose)
EXECUTE FUNCTION refuse('final', 'data_key');
CREATE TRIGGER data_key_kept BEFORE DELETE ON data_key FOR EACH ROW
EXECUTE FUNCTION refuse('append_only', 'data_key');

-- Each identity number that a person has or had, under its keyed digest. A number belongs to one person.
CREATE TABLE person_number (
    digest      BYTEA  NOT NULL PRIMARY KEY CHECK (length(digest) = 32),
    digest_key  BIGINT NOT NULL REFERENCES data_key (id),
    person      TEXT   NOT NULL REFERENCES person (id),
    number      TEXT   NOT NULL,
    replaced_at BIGINT
);
CREATE UNIQUE INDEX person_number_current ON person_number (person) WHERE replaced_at IS NULL;
CREATE INDEX person_number_history ON person_number (person, replaced_at);
CREATE TRIGGER person_number_final BEFORE UPDATE ON person_number FOR EACH ROW
WHEN (NEW.person <> OLD.person OR OLD.replaced_at IS NOT NULL)
EXECUTE FUNCTION refuse('final', 'person_number');
CREATE TRIGGER person_number_kept BEFORE DELETE ON person_number FOR EACH ROW
EXECUTE FUNCTION refuse('append_only', 'person_number');
