-- Reserve cards: what their orders say more, who identified the holder a second time, which cards wait in envelopes.
-- Revocation codes of all cards.

-- JSON; null for ordinary cards.
ALTER TABLE enrolment ADD COLUMN reserve TEXT;
ALTER TABLE enrolment ADD COLUMN second_identification TEXT;

-- A card has one order, and one extension.
CREATE TABLE reserve_order (
    tenant    TEXT    NOT NULL,
    card      TEXT    NOT NULL,
    turn      INTEGER NOT NULL CHECK (turn IN (0, 1)),
    enrolment TEXT    NOT NULL,
    holder    TEXT    NOT NULL REFERENCES person (id),
    ordinary  TEXT    NOT NULL,
    PRIMARY KEY (tenant, card, turn),
    FOREIGN KEY (tenant, enrolment) REFERENCES enrolment (tenant, id),
    FOREIGN KEY (tenant, holder, card) REFERENCES card (tenant, holder, number),
    FOREIGN KEY (tenant, holder, ordinary) REFERENCES card (tenant, holder, number),
    CHECK (card <> ordinary)
) STRICT;
CREATE INDEX reserve_order_holder ON reserve_order (tenant, holder);

-- What a desk signed on the keys of cards in envelopes; the latest counts.
CREATE TABLE reserve_stock (
    number   TEXT    NOT NULL,
    delivery TEXT    NOT NULL,
    tenant   TEXT    NOT NULL,
    at       INTEGER NOT NULL,
    PRIMARY KEY (number, delivery),
    FOREIGN KEY (tenant, delivery) REFERENCES delivery (tenant, id)
) STRICT;

CREATE TRIGGER enrolment_reserve BEFORE UPDATE ON enrolment
WHEN NEW.reserve IS NOT OLD.reserve
    OR (OLD.second_identification IS NOT NULL AND NEW.second_identification IS NOT OLD.second_identification)
    OR (OLD.approved_by IS NULL AND NEW.approved_by IS NOT NULL
        AND (NEW.reserve IS NULL) <> (NEW.second_identification IS NULL))
BEGIN SELECT RAISE(ABORT, 'four_eyes: enrolment'); END;
CREATE TRIGGER reserve_order_update BEFORE UPDATE ON reserve_order
BEGIN SELECT RAISE(ABORT, 'append_only: reserve_order'); END;
CREATE TRIGGER reserve_order_delete BEFORE DELETE ON reserve_order
BEGIN SELECT RAISE(ABORT, 'append_only: reserve_order'); END;
CREATE TRIGGER reserve_stock_update BEFORE UPDATE ON reserve_stock
BEGIN SELECT RAISE(ABORT, 'append_only: reserve_stock'); END;
CREATE TRIGGER reserve_stock_delete BEFORE DELETE ON reserve_stock
BEGIN SELECT RAISE(ABORT, 'append_only: reserve_stock'); END;

-- Slow hashes of revocation codes; the latest of a card counts.
CREATE TABLE revocation_code (
    number INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    tenant TEXT    NOT NULL,
    card   TEXT    NOT NULL,
    at     INTEGER NOT NULL,
    salt   BLOB    NOT NULL CHECK (length(salt) = 16),
    rounds INTEGER NOT NULL CHECK (rounds > 0),
    hash   BLOB    NOT NULL CHECK (length(hash) = 32),
    FOREIGN KEY (tenant, card) REFERENCES card (tenant, number)
) STRICT;
CREATE INDEX revocation_code_card ON revocation_code (card, number);
CREATE TRIGGER revocation_code_update BEFORE UPDATE ON revocation_code
BEGIN SELECT RAISE(ABORT, 'append_only: revocation_code'); END;
CREATE TRIGGER revocation_code_delete BEFORE DELETE ON revocation_code
BEGIN SELECT RAISE(ABORT, 'append_only: revocation_code'); END;
