//! An officer's card in a reader, or a virtual one: what statements are signed with.

use super::quickstart::people::SIGNATURE;
use super::quickstart::tokens;
use crate::clock::{Clock, System};
use anyhow::Context;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::operation::{Act, OperationHash, STATEMENT_TYPE, Statement};
use hsm::{Module, PinSource, Pool};
use pki::jose::sign_compact;
use pki::key::{KeyId, SignatureAlgorithm, Signer};
use secrecy::SecretString;
use serde_json::json;
use std::path::PathBuf;

/// Which card an officer signs with.
#[derive(Debug, clap::Args)]
pub(crate) struct CardArguments {
    /// Label of the card
    #[arg(long)]
    token: String,
    /// File with the card's PIN for signatures
    #[arg(long)]
    pin_file: PathBuf,
    /// PKCS#11 module of the card
    #[arg(long, default_value = "auto")]
    module: String,
    /// Label of the signature key on the card
    #[arg(long, default_value = SIGNATURE)]
    key: String,
}

impl CardArguments {
    /// Opens the card.
    ///
    /// # Errors
    /// As [`Card::open`], or if the PIN cannot be read.
    pub(crate) fn open(&self) -> anyhow::Result<Card> {
        let pin = PinSource::File(self.pin_file.clone()).read()?;
        Card::open(&Module::from(self.module.clone()), &self.token, pin, KeyId::new(self.key.as_str()))
    }
}

/// A card, open.
pub(crate) struct Card {
    token: Pool,
    key: KeyId,
    /// The certificate of the key, as statements carry it.
    x5c: String,
}

impl Card {
    /// Opens a card to sign with the key of this label, whose certificate is beside it.
    ///
    /// # Errors
    /// If the card is not there, the PIN is wrong, or it carries no such certificate.
    pub(crate) fn open(module: &Module, token_label: &str, pin: SecretString, key: KeyId) -> anyhow::Result<Self> {
        let token = tokens::open(module, token_label, pin)?;
        let certificate = token.certificate(&key)?;
        let x5c = STANDARD.encode(certificate.with_context(|| format!("the card carries no certificate {key}"))?);
        Ok(Self { token, key, x5c })
    }

    /// Signs a statement about an operation.
    ///
    /// # Errors
    /// If the card does not sign.
    pub(crate) fn state(&self, act: Act, operation: OperationHash) -> anyhow::Result<String> {
        let statement = Statement { act, operation, at: System.now() };
        let header = json!({ "typ": STATEMENT_TYPE, "x5c": [self.x5c] });
        let algorithm = SignatureAlgorithm::default_for(Signer::public_key(&self.token, &self.key)?.kind());
        Ok(sign_compact(header, &serde_json::to_vec(&statement)?, &self.key, algorithm, &self.token)?)
    }
}
