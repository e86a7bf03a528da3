-- The distinguished name in a person's certificates is that person's for ever: nobody else gets it, not when the
-- person has left and not when the identity number in it was given to somebody else.
--
-- The digest is over the name as RFC 5280 compares it, so another spelling is the same name.
CREATE TABLE distinguished_name (
    digest BLOB NOT NULL PRIMARY KEY CHECK (length(digest) = 32),
    person TEXT NOT NULL REFERENCES person (id)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER distinguished_name_final BEFORE UPDATE ON distinguished_name
WHEN NEW.digest <> OLD.digest OR NEW.person <> OLD.person
BEGIN SELECT RAISE(ABORT, 'final: distinguished_name'); END;
CREATE TRIGGER distinguished_name_kept BEFORE DELETE ON distinguished_name
BEGIN SELECT RAISE(ABORT, 'append_only: distinguished_name'); END;
