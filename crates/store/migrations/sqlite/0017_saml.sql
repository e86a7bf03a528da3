-- Keys of SAML answers stand beside those of identity tokens; a certificate carries them in metadata, and tells them apart.
ALTER TABLE token_key ADD COLUMN certificate BLOB;
