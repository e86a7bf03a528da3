-- Work that somebody asked for is decided by somebody else.
ALTER TABLE work_item ADD COLUMN asked_by TEXT REFERENCES person (id);
CREATE TRIGGER work_item_four_eyes BEFORE UPDATE ON work_item
WHEN NEW.closed_by = OLD.asked_by
BEGIN SELECT RAISE(ABORT, 'four_eyes: who asked for it does not decide it'); END;
CREATE TRIGGER work_item_asked BEFORE UPDATE ON work_item
WHEN NEW.asked_by IS NOT OLD.asked_by
BEGIN SELECT RAISE(ABORT, 'final: work_item'); END;
CREATE TRIGGER work_item_not_own BEFORE INSERT ON work_item
WHEN NEW.asked_by = NEW.person
BEGIN SELECT RAISE(ABORT, 'four_eyes: nobody asks for it about themselves'); END;
