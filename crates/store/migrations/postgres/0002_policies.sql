-- Which policies were in force, one after the other. The last row is in force. The first comes from
-- the ceremony; every later one has the officers' approval.
CREATE TABLE policy_bundle (
    position  BIGINT NOT NULL PRIMARY KEY,
    digest    TEXT   NOT NULL CHECK (length(digest) = 64),
    listing   TEXT   NOT NULL,
    operation TEXT,
    statement TEXT,
    at        BIGINT NOT NULL,
    CONSTRAINT approved CHECK ((position = 1) = (operation IS NULL) AND (operation IS NULL) = (statement IS NULL))
);
CREATE TRIGGER policy_bundle_update BEFORE UPDATE ON policy_bundle FOR EACH ROW
EXECUTE FUNCTION refuse('append_only', 'policy_bundle');
CREATE TRIGGER policy_bundle_delete BEFORE DELETE ON policy_bundle FOR EACH ROW
EXECUTE FUNCTION refuse('append_only', 'policy_bundle');
