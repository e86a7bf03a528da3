-- Under which keys requests were done, so that one that is sent again is not done again.
--
-- `id` is a digest of the route and the caller's key, `request` one of the body. The answer is sealed with a key that
-- follows from the request alone: only whoever sends it again can have it opened.
CREATE TABLE request_key (
    tenant  TEXT   NOT NULL,
    person  TEXT   NOT NULL,
    id      BYTEA  NOT NULL CHECK (length(id) = 32),
    request BYTEA  NOT NULL CHECK (length(request) = 32),
    at      BIGINT NOT NULL,
    answer  BYTEA,
    PRIMARY KEY (tenant, person, id),
    FOREIGN KEY (tenant, person) REFERENCES employment (tenant, person)
);
CREATE INDEX request_key_at ON request_key (at);
CREATE TRIGGER request_key_final BEFORE UPDATE ON request_key FOR EACH ROW
WHEN (OLD.answer IS NOT NULL OR NEW.tenant <> OLD.tenant OR NEW.person <> OLD.person OR NEW.id <> OLD.id
    OR NEW.request <> OLD.request OR NEW.at <> OLD.at)
EXECUTE FUNCTION refuse('final', 'request_key');

-- An agency's certificates page by page.
CREATE INDEX certificate_tenant ON certificate (tenant, issuer, serial) WHERE tenant IS NOT NULL;
