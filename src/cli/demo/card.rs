//! A new virtual card: a token with two keys born on it, which sign their own requests.

use super::Demo;
use crate::cli::card_desk::request::CardSigner;
use crate::cli::quickstart::manifest::CardEntry;
use crate::cli::quickstart::people::{AUTHENTICATION, SIGNATURE, card_number};
use crate::cli::quickstart::{files, tokens};
use crate::clock::System;
use domain::CardNumber;
use hsm::{KeyRole, Module, Pool};
use pki::key::{KeyId, KeyKind, PublicKey};
use std::path::PathBuf;

/// A card before it belongs to anybody.
pub(crate) struct BlankCard {
    /// The number printed on it.
    pub(crate) number: CardNumber,
    /// Label of its token.
    pub(crate) label: String,
    /// File with its PIN.
    pub(crate) pin_file: PathBuf,
    /// PKCS#11 module.
    pub(crate) module: PathBuf,
    /// `SOFTHSM2_CONF` for the module.
    pub(crate) config: PathBuf,
    token: Pool,
}

/// A key on the card with its request.
pub(crate) struct CardKey {
    /// The public half.
    pub(crate) public: PublicKey,
    /// PKCS#10, PEM.
    pub(crate) csr: String,
}

impl BlankCard {
    /// Makes the token and both keys.
    ///
    /// # Errors
    /// If the token cannot be made.
    pub(crate) fn make(demo: &Demo) -> anyhow::Result<Self> {
        let number = card_number(&System);
        let label = format!("sigill-card-{}", &number.as_str()[4..]);
        files::private_folder(&demo.layout.secrets())?;
        let pin_file = demo.layout.pin(&label);
        let CardEntry { module, config, .. } = demo.manifest.people[0].card()?.clone();
        let token = tokens::create(&Module::Path(module.clone()), &label, &pin_file, &System)?;
        for key in [AUTHENTICATION, SIGNATURE] {
            token.generate(&KeyId::new(key), KeyKind::EcP256, KeyRole::Card)?;
        }
        Ok(Self { number, label, pin_file, module, config, token })
    }

    /// One of the keys, with a request that it signed.
    ///
    /// # Errors
    /// If the card does not sign.
    pub(crate) fn key(&self, label: &str) -> anyhow::Result<CardKey> {
        let signer = CardSigner::new(&self.token, &KeyId::new(label))?;
        Ok(CardKey { csr: signer.request()?, public: signer.public().clone() })
    }

    /// Stores a certificate beside its key.
    ///
    /// # Errors
    /// If the card refuses.
    pub(crate) fn import(&self, label: &str, der: &[u8]) -> anyhow::Result<()> {
        Ok(self.token.import_certificate(&KeyId::new(label), der)?)
    }
}
