//! Tokens and keys.

use super::{Ceremony, Error};
use crate::ceremony::tokens::{self, failed};
use crate::ceremony::transcript::Event;
use crate::ceremony::{files, script::Host};
use crate::signer::digest::Digest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hsm::{HsmError, KeyRole, Module, Pool};
use pki::key::{KeyId, KeyKind, PublicKey};

impl Ceremony<'_> {
    /// Makes this host's tokens, and the keys of its CAs, OCSP signers and seal.
    pub(super) fn make_keys(&mut self) -> Result<(), Error> {
        let (script, host) = (self.script.clone(), self.host);
        for authority in script.authorities_of(host) {
            self.make_key(script.token_of(authority), &authority.key, authority.key_kind, KeyRole::Ca)?;
        }
        if let Some(cross) = script.cross().filter(|_| host != Host::Issuing) {
            self.make_key(&script.tokens.root, &cross.key, cross.key_kind, KeyRole::Ca)?;
        }
        if host != Host::Root {
            for responder in script.authorities.iter().filter_map(|ca| ca.responder.as_ref()) {
                self.make_key(&script.tokens.service, &responder.key, KeyKind::EcP256, KeyRole::OcspSigner)?;
            }
        }
        let (token, label) = script.seal(host);
        self.make_key(token, label, KeyKind::EcP256, KeyRole::AuditSeal).map(drop)
    }

    /// Generates a key, unless it was, and gives its public half. A key that an interruption left unrecorded is taken:
    /// nobody else ever had this token's PIN.
    pub(super) fn make_key(
        &mut self,
        token: &str,
        label: &str,
        kind: KeyKind,
        role: KeyRole,
    ) -> Result<PublicKey, Error> {
        let pool = self.token(token, role == KeyRole::Card)?;
        let key = KeyId::new(label);
        let before = self.draft.find(|event| match event {
            Event::Key { label: known, token: on, fingerprint, .. } if known == label && on == token => {
                Some(*fingerprint)
            }
            _ => None,
        });
        let made = if before.is_some() {
            Err(HsmError::KeyExists { key: key.clone() })
        } else {
            pool.generate_with_backup(&key, kind, role, self.script.backup_of(label))
        };
        let earlier = before.is_none() && self.is_earlier(label);
        let public = match made {
            Err(HsmError::KeyExists { .. }) if before.is_none() && !earlier && self.found_tokens() => {
                return Err(Error::KeyThere(label.to_owned()));
            }
            Err(HsmError::KeyExists { .. }) => pool.public_key(&key),
            other => other,
        };
        let public = public.map_err(failed(token))?;
        let fingerprint = Digest::from_bytes(public.fingerprint());
        if before.is_some_and(|before| before != fingerprint) {
            return Err(Error::OtherKey(label.to_owned()));
        }
        if before.is_none() {
            let attributes = pool.attributes(&key).map_err(failed(token))?;
            let (label, token, public) = (label.to_owned(), token.to_owned(), STANDARD.encode(public.spki()));
            self.record(Event::Key { label, token, kind, role, fingerprint, public, attributes, earlier })?;
        }
        if role != KeyRole::Card {
            self.keys.insert(label.to_owned(), public.clone());
        }
        Ok(public)
    }

    /// Whether an earlier ceremony generated the key: its root's, and the one that seals.
    fn is_earlier(&self, label: &str) -> bool {
        let (_, seal) = self.script.seal(self.host);
        self.script.earlier_root().is_some_and(|root| root.key == label || label == seal)
    }

    /// Whether the tokens are from before and this ceremony was never interrupted: then nobody but us made a new key
    /// only if it is not there yet.
    fn found_tokens(&self) -> bool {
        let resumed = |event: &Event| matches!(event, Event::Resumed { .. }).then_some(());
        self.earlier.is_some() && self.draft.find(resumed).is_none()
    }

    /// A token of this ceremony, made if there is none.
    pub(crate) fn token(&mut self, label: &str, card: bool) -> Result<Pool, Error> {
        if let Some(pool) = self.tokens.get(label) {
            return Ok(pool.clone());
        }
        let module = if self.rehearsal { Module::Auto } else { self.script.tokens.module.clone() };
        let known = |event: &Event| matches!(event, Event::Token { label: known, .. } if known == label).then_some(());
        let known = self.draft.find(known).is_some();
        let earlier = self.earlier.is_some();
        if earlier && !known {
            self.bring_pin(label)?;
        }
        let pin = self.pin_of(label)?;
        let pool = if known {
            tokens::open(&module, label, pin.pin)?
        } else {
            let wrapping = (!earlier && self.script.wraps(label)).then(|| KeyId::new(WRAPPING_KEY));
            let pool = if earlier {
                tokens::open(&module, label, pin.pin)?
            } else {
                tokens::make(&module, label, pin, wrapping.as_ref(), &self.entropy)?
            };
            let (info, path) = (pool.info().map_err(failed(label))?, module.locate().map_err(failed(label))?);
            self.record(Event::Token {
                label: info.label,
                serial: info.serial,
                model: info.model,
                firmware: info.firmware,
                module: path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
                card,
                earlier,
            })?;
            if wrapping.is_some() {
                self.record(Event::WrappingKey { label: WRAPPING_KEY.to_owned(), token: label.to_owned() })?;
            }
            pool
        };
        self.tokens.insert(label.to_owned(), pool.clone());
        Ok(pool)
    }

    /// Writes the public key that checks the seals of audit log and transcript.
    pub(super) fn write_seal(&self) -> Result<(), Error> {
        let (_, label) = self.script.seal(self.host);
        let mut pem = String::from("-----BEGIN PUBLIC KEY-----\n");
        let body = STANDARD.encode(self.keys[label].spki());
        for line in body.as_bytes().chunks(64) {
            pem.extend(line.iter().map(|octet| char::from(*octet)));
            pem.push('\n');
        }
        pem.push_str("-----END PUBLIC KEY-----\n");
        Ok(files::public(&self.layout.seal(), pem)?)
    }
}

/// Label of the trusted wrapping key on a token whose CA keys may be backed up one by one.
const WRAPPING_KEY: &str = "backup-wrapping";
