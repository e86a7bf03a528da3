-- Packages that systems hold, under the person who answers for them. What is given to a system was given to it for ever.
ALTER TABLE assignment ADD COLUMN function TEXT;
ALTER TABLE assignment ADD CONSTRAINT assignment_of_function
    FOREIGN KEY (tenant, function) REFERENCES function_order (tenant, id);
CREATE FUNCTION assignment_is_keepers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.function IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM function_order f WHERE f.tenant = NEW.tenant AND f.id = NEW.function AND f.responsible = NEW.person)
    THEN RAISE EXCEPTION 'reference: whoever answers for a function holds its packages';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER assignment_function BEFORE INSERT ON assignment FOR EACH ROW
EXECUTE FUNCTION assignment_is_keepers();
CREATE TRIGGER assignment_function_final BEFORE UPDATE ON assignment FOR EACH ROW
WHEN (NEW.function IS DISTINCT FROM OLD.function)
EXECUTE FUNCTION refuse('final', 'assignment');
