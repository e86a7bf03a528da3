//! One key of backup mode `wrap`, out of its token under the token's trusted wrapping key, and back.
//!
//! The file is worth nothing without that wrapping key, which never leaves: the key goes back onto the token that it came
//! from, or onto a copy of it, with the approvals that a whole token needs. It proves itself before it stays, and a signer
//! takes it only if its ceremony's transcript names it.

use super::proof::{Facts, KeyFacts};
use super::{OpenerArguments, approval};
use crate::cli::quickstart::report::say;
use crate::cli::quickstart::{files, tokens};
use anyhow::{Context, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::id::hex;
use hsm::{BackupMode, KeyRole, Pool, WrappedKey};
use pki::key::{KeyId, PublicKey};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

#[derive(Debug, clap::Args)]
pub(super) struct WrapArguments {
    /// Label of the key
    key: String,
    /// Label of its token
    #[arg(long)]
    token: String,
    /// Label of the token's trusted wrapping key
    #[arg(long, default_value = "backup-wrapping")]
    wrapping: String,
    /// The file to make
    #[arg(long)]
    out: PathBuf,
    #[command(flatten)]
    opener: OpenerArguments,
}

#[derive(Debug, clap::Args)]
pub(super) struct UnwrapArguments {
    /// The file with the key
    file: PathBuf,
    /// File of the approvals
    #[arg(long)]
    approval: PathBuf,
    /// Configuration of the signer, which is stopped: its officers approve, its journal records
    #[arg(long)]
    signer: PathBuf,
    #[command(flatten)]
    opener: OpenerArguments,
}

/// The file: JSON.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrappedFile {
    /// Label of the token.
    token: String,
    /// Its serial number.
    serial: String,
    /// Label of the wrapping key on it.
    wrapping: String,
    /// Label of the key.
    key: String,
    /// SubjectPublicKeyInfo in base64.
    public: String,
    /// The private key under the wrapping key, in base64.
    content: String,
}

impl WrappedFile {
    /// Reads the octets of a file.
    ///
    /// # Errors
    /// If it holds no wrapped key.
    pub(super) fn from_bytes(bytes: &[u8]) -> anyhow::Result<Self> {
        serde_json::from_slice(bytes).context("this holds no wrapped key")
    }

    /// What it says of itself.
    ///
    /// # Errors
    /// If its public key is none.
    pub(super) fn facts(&self) -> anyhow::Result<Facts> {
        let fingerprint = hex(&self.public()?.fingerprint());
        let keys = vec![KeyFacts { label: self.key.clone(), fingerprint }];
        Ok(Facts { token: self.token.clone(), serial: self.serial.clone(), keys })
    }

    fn public(&self) -> anyhow::Result<PublicKey> {
        Ok(PublicKey::from_spki(&STANDARD.decode(&self.public)?)?)
    }
}

/// Takes a key out.
///
/// # Errors
/// If it is of backup mode `clone`, or the token does not let it go.
pub(super) fn wrap(of: &WrapArguments) -> anyhow::Result<()> {
    ensure!(!of.out.exists(), "{} exists already", of.out.display());
    let (pool, key) = (open(&of.opener, &of.token)?, KeyId::new(of.key.as_str()));
    let leaves = pool.attributes(&key)?.backup() == BackupMode::Wrap;
    ensure!(leaves, "the key {key} never leaves its token: back the token up as a whole");
    let wrapped = pool.wrap_key(&key, &KeyId::new(of.wrapping.as_str()))?;
    let file = WrappedFile {
        token: of.token.clone(),
        serial: pool.info()?.serial,
        wrapping: of.wrapping.clone(),
        key: of.key.clone(),
        public: STANDARD.encode(wrapped.public.spki()),
        content: STANDARD.encode(&wrapped.content),
    };
    files::private(&of.out, serde_json::to_vec_pretty(&file)?)?;
    say(&format!("{}wrapped {}\n", file.facts()?, of.out.display()))
}

/// Brings a key back, once that is approved.
///
/// # Errors
/// If it is not approved, the token is another one or has the key, or the key does not prove itself.
pub(super) fn unwrap(of: &UnwrapArguments) -> anyhow::Result<()> {
    let bytes = read(&of.file)?;
    let file = WrappedFile::from_bytes(&bytes)?;
    let facts = file.facts()?;
    let signer = approval::signer(&of.signer)?;
    let approved = signer.check_restore(&approval::read(&of.approval)?, approval::restoring(&facts, &bytes)?)?;
    let (pool, key) = (open(&of.opener, &file.token)?, KeyId::new(file.key.as_str()));
    let serial = pool.info()?.serial;
    ensure!(serial == file.serial, "this token has the serial {serial}, the key is of {}", file.serial);
    ensure!(!pool.keys()?.contains(&key), "there is a key {key} on the token: nothing is overwritten");
    let approvers = approved.approvers().join(", ");
    signer.record_restore(approved)?;
    let wrapped = WrappedKey { public: file.public()?, content: STANDARD.decode(&file.content)? };
    pool.unwrap_key(&key, KeyRole::Ca, &wrapped, &KeyId::new(file.wrapping.as_str()))?;
    say(&format!("{facts}approved by {approvers}\nback on the token {}\n", file.token))
}

/// The octets of a file.
pub(super) fn read(file: &Path) -> anyhow::Result<Vec<u8>> {
    std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))
}

fn open(opener: &OpenerArguments, token: &str) -> anyhow::Result<Pool> {
    let opener = opener.opener()?;
    Ok(tokens::open(&opener.module, token, opener.pin)?)
}
