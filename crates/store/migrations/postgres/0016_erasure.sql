-- Work that somebody asked for is decided by somebody else.
ALTER TABLE work_item ADD COLUMN asked_by TEXT REFERENCES person (id);
ALTER TABLE work_item ADD CONSTRAINT four_eyes_work_asked CHECK (closed_by <> asked_by AND asked_by <> person);
CREATE TRIGGER work_item_asked BEFORE UPDATE ON work_item FOR EACH ROW
WHEN (NEW.asked_by IS DISTINCT FROM OLD.asked_by)
EXECUTE FUNCTION refuse('final', 'work_item');
