-- Packages that systems hold, under the person who answers for them. What is given to a system was given to it for ever.
ALTER TABLE assignment ADD COLUMN function TEXT;
CREATE TRIGGER assignment_function BEFORE INSERT ON assignment
WHEN NEW.function IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM function_order f WHERE f.tenant = NEW.tenant AND f.id = NEW.function AND f.responsible = NEW.person)
BEGIN SELECT RAISE(ABORT, 'reference: whoever answers for a function holds its packages'); END;
CREATE TRIGGER assignment_function_final BEFORE UPDATE ON assignment
WHEN NEW.function IS NOT OLD.function
BEGIN SELECT RAISE(ABORT, 'final: assignment'); END;
