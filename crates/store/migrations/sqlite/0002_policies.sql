-- Which policies were in force, one after the other. The last row is in force. The first comes from
-- the ceremony; every later one has the officers' approval.
CREATE TABLE policy_bundle (
    position  INTEGER NOT NULL PRIMARY KEY,
    digest    TEXT    NOT NULL CHECK (length(digest) = 64),
    listing   TEXT    NOT NULL,
    operation TEXT,
    statement TEXT,
    at        INTEGER NOT NULL,
    CONSTRAINT approved CHECK ((position = 1) = (operation IS NULL) AND (operation IS NULL) = (statement IS NULL))
) STRICT;
CREATE TRIGGER policy_bundle_update BEFORE UPDATE ON policy_bundle
BEGIN SELECT RAISE(ABORT, 'append_only: policy_bundle'); END;
CREATE TRIGGER policy_bundle_delete BEFORE DELETE ON policy_bundle
BEGIN SELECT RAISE(ABORT, 'append_only: policy_bundle'); END;
