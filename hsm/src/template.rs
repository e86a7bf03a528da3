//! Templates of new key pairs: what each role may do, and what nobody may ever do with the key.

use aws_lc_rs::digest::{SHA256, digest};
use pkcs11::mechanism::{Mechanism, MechanismType};
use pkcs11::object::Attribute;
use pki::{KeyId, KeyKind};
use serde::{Deserialize, Serialize};

use crate::spki;

/// What a key is for. Decides its template, once, when it is generated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum KeyRole {
    /// Signs certificates and CRLs. Not copyable, not modifiable, restricted to its own mechanisms.
    Ca,
    /// Signs OCSP answers; may be copied to session objects, which sign faster.
    OcspSigner,
    /// Signs assertions and identity tokens; may be copied to session objects.
    TokenSigner,
    /// Signs time stamps; may be copied to session objects.
    TimeStamper,
    /// Signs checkpoints of the audit log; may be copied to session objects.
    AuditSeal,
    /// A person's key that the service keeps for them.
    Holder,
    /// A key on a card. Modifiable, so that a certificate's subject can be set beside it.
    Card,
    /// Agrees on shared secrets (ECDH) and signs nothing.
    Agreement,
}

impl KeyRole {
    /// Whether session copies are allowed.
    pub const fn copyable(self) -> bool {
        matches!(self, Self::OcspSigner | Self::TokenSigner | Self::TimeStamper | Self::AuditSeal)
    }

    const fn signs(self) -> bool {
        !matches!(self, Self::Agreement)
    }
}

/// How a key may be copied for safe-keeping. Fixed when it is generated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BackupMode {
    /// Never out of its token: only the whole token is copied, by the means of its maker, which keep the attributes.
    #[default]
    Clone,
    /// Out of the token under a trusted wrapping key and no other (`CKA_WRAP_WITH_TRUSTED`, PKCS#11 3.1 section 4.9).
    /// What was once out no longer says where it was born, so such a key needs a transcript that does.
    Wrap,
}

/// A key pair to generate.
#[derive(Clone, Debug)]
pub(crate) struct NewKey {
    pub(crate) key: KeyId,
    pub(crate) kind: KeyKind,
    pub(crate) role: KeyRole,
    pub(crate) backup: BackupMode,
}

/// `CKA_ID` of a key: the first 20 octets of SHA-256 over its label.
pub(crate) fn identifier(key: &KeyId) -> Vec<u8> {
    digest(&SHA256, key.as_str().as_bytes()).as_ref()[..20].to_vec()
}

/// Template of the public key object. `parameters` are the `CKA_EC_PARAMS` of an EC key.
pub(crate) fn public(key: &KeyId, kind: KeyKind, role: KeyRole, parameters: &[u8]) -> Vec<Attribute> {
    let mut template = public_usage(key, role);
    if let Some(bits) = modulus_bits(kind) {
        template.push(Attribute::ModulusBits(bits.into()));
        template.push(Attribute::PublicExponent(EXPONENT_65537.to_vec()));
    } else {
        template.push(Attribute::EcParams(parameters.to_vec()));
    }
    template
}

/// What every public key object says, whichever key it is.
pub(crate) fn public_usage(key: &KeyId, role: KeyRole) -> Vec<Attribute> {
    vec![
        Attribute::Token(true),
        Attribute::Private(false),
        Attribute::Label(key.as_str().as_bytes().to_vec()),
        Attribute::Id(identifier(key)),
        Attribute::Verify(role.signs()),
        Attribute::Derive(!role.signs()),
        Attribute::Encrypt(false),
        Attribute::Wrap(false),
    ]
}

/// Template of the private key object.
pub(crate) fn private(key: &KeyId, role: KeyRole, backup: BackupMode) -> Vec<Attribute> {
    let mut template = vec![
        Attribute::Token(true),
        Attribute::Private(true),
        Attribute::Label(key.as_str().as_bytes().to_vec()),
        Attribute::Id(identifier(key)),
        Attribute::Sensitive(true),
        Attribute::Extractable(backup == BackupMode::Wrap),
        Attribute::Copyable(role.copyable()),
        // SoftHSM2 copies no key that cannot be modified. What matters cannot be modified on any key: `CKA_SENSITIVE`
        // only ever becomes true and `CKA_EXTRACTABLE` false (PKCS#11 3.1 section 4.9).
        Attribute::Modifiable(role.copyable() || role == KeyRole::Card),
        Attribute::Sign(role.signs()),
        Attribute::Derive(!role.signs()),
        Attribute::Decrypt(false),
        Attribute::Unwrap(false),
        Attribute::SignRecover(false),
    ];
    if backup == BackupMode::Wrap {
        template.push(Attribute::WrapWithTrusted(true));
    }
    template
}

/// `CKA_ALLOWED_MECHANISMS`, for roles that are restricted further than by their usage attributes.
pub(crate) fn allowed_mechanisms(kind: KeyKind, role: KeyRole) -> Option<Attribute> {
    if role != KeyRole::Ca {
        return None;
    }
    Some(Attribute::AllowedMechanisms(match kind {
        KeyKind::EcP256 | KeyKind::EcP384 => vec![MechanismType::ECDSA],
        KeyKind::Ed25519 => vec![MechanismType::EDDSA],
        _ => vec![MechanismType::RSA_PKCS, MechanismType::RSA_PKCS_PSS],
    }))
}

/// Mechanism and the spellings of `CKA_EC_PARAMS` to try, in order. RSA has none, so one empty spelling.
pub(crate) fn generation(kind: KeyKind) -> (Mechanism<'static>, &'static [&'static [u8]]) {
    match kind {
        KeyKind::EcP256 => (Mechanism::EccKeyPairGen, &[spki::P256_PARAMETERS]),
        KeyKind::EcP384 => (Mechanism::EccKeyPairGen, &[spki::P384_PARAMETERS]),
        KeyKind::Ed25519 => (Mechanism::EccEdwardsKeyPairGen, &[spki::ED25519_PARAMETERS, spki::ED25519_CURVE_NAME]),
        KeyKind::Rsa2048 | KeyKind::Rsa3072 | KeyKind::Rsa4096 => (Mechanism::RsaPkcsKeyPairGen, &[&[]]),
    }
}

fn modulus_bits(kind: KeyKind) -> Option<u64> {
    match kind {
        KeyKind::Rsa2048 => Some(2048),
        KeyKind::Rsa3072 => Some(3072),
        KeyKind::Rsa4096 => Some(4096),
        _ => None,
    }
}

const EXPONENT_65537: [u8; 3] = [1, 0, 1];
