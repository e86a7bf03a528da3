//! The bounds of each purpose.

use crate::key::KeyKind;
use crate::profile::purpose::Purpose;
use crate::profile::terms::{ExtendedKeyUsage as Eku, KeyUsage as Usage, QcType};

/// The bounds of one purpose.
pub(super) struct Ceiling {
    pub(super) max_days: u32,
    pub(super) max_backdate_minutes: u32,
    pub(super) keys: &'static [KeyKind],
    /// The whole sets of keyUsage that are allowed.
    pub(super) key_usages: &'static [&'static [Usage]],
    /// Purposes that may stand in extKeyUsage; if `purposes_needed`, one of them must.
    pub(super) extended_key_usages: &'static [Eku],
    pub(super) purposes_needed: bool,
    pub(super) path_lengths: &'static [Option<u8>],
    /// What the certificates may be when they are qualified; empty where they never are.
    pub(super) qualified: &'static [QcType],
}

/// The bounds of `purpose`.
pub(super) fn ceiling(purpose: Purpose) -> Ceiling {
    match purpose {
        Purpose::RootCa => AUTHORITY,
        Purpose::IssuingCa => Ceiling {
            max_days: 12 * 366,
            keys: &[KeyKind::EcP256, KeyKind::EcP384, KeyKind::Rsa3072, KeyKind::Rsa4096],
            path_lengths: &[Some(0)],
            qualified: &[QcType::None],
            ..AUTHORITY
        },
        Purpose::CrossCa => Ceiling { max_days: 12 * 366, path_lengths: &[Some(1)], ..AUTHORITY },
        Purpose::OcspSigner => Ceiling { max_days: 90, extended_key_usages: &[Eku::OcspSigning], ..SIGNER },
        Purpose::PersonAuthentication => PERSON,
        Purpose::PersonSignature => Ceiling {
            key_usages: COMMITMENT,
            extended_key_usages: &[Eku::DocumentSigning, Eku::EmailProtection],
            purposes_needed: false,
            qualified: &[QcType::Esign],
            ..PERSON
        },
        Purpose::TlsServer => Ceiling {
            max_days: 7,
            keys: &[KeyKind::EcP256, KeyKind::EcP384],
            extended_key_usages: &[Eku::ServerAuth],
            ..SIGNER
        },
        Purpose::FunctionServer => Ceiling {
            max_days: 398,
            key_usages: &[&[Usage::DigitalSignature], &[Usage::DigitalSignature, Usage::KeyEncipherment]],
            extended_key_usages: &[Eku::ServerAuth],
            ..PERSON
        },
        Purpose::FunctionClient => Ceiling { max_days: 3 * 366, extended_key_usages: &[Eku::ClientAuth], ..PERSON },
        Purpose::LegalPersonSeal => Ceiling {
            key_usages: COMMITMENT,
            extended_key_usages: &[Eku::DocumentSigning],
            purposes_needed: false,
            qualified: &[QcType::Eseal],
            ..PERSON
        },
        Purpose::TsaUnit => Ceiling {
            max_days: 10 * 366,
            max_backdate_minutes: 0,
            keys: &[KeyKind::EcP256, KeyKind::EcP384, KeyKind::Rsa3072, KeyKind::Rsa4096],
            extended_key_usages: &[Eku::TimeStamping],
            ..SIGNER
        },
        Purpose::EnrolmentSigner => Ceiling { max_days: 3 * 366, extended_key_usages: &[Eku::CmcRA], ..SIGNER },
    }
}

const AUTHORITY: Ceiling = Ceiling {
    max_days: 25 * 366,
    max_backdate_minutes: 0,
    keys: &[KeyKind::EcP384, KeyKind::Rsa4096],
    key_usages: &[&[Usage::KeyCertSign, Usage::CrlSign]],
    extended_key_usages: &[],
    purposes_needed: false,
    path_lengths: &[None, Some(1)],
    qualified: &[],
};

const PERSON: Ceiling = Ceiling {
    max_days: 5 * 366,
    max_backdate_minutes: 0,
    keys: &[KeyKind::EcP256, KeyKind::EcP384, KeyKind::Rsa2048, KeyKind::Rsa3072, KeyKind::Rsa4096],
    key_usages: &[&[Usage::DigitalSignature]],
    extended_key_usages: &[Eku::ClientAuth, Eku::MsSmartcardLogon],
    purposes_needed: true,
    path_lengths: &[None],
    qualified: &[],
};

/// A signer of the service's own.
const SIGNER: Ceiling = Ceiling {
    max_days: 90,
    max_backdate_minutes: 60,
    keys: &[KeyKind::EcP256, KeyKind::EcP384, KeyKind::Rsa3072],
    extended_key_usages: &[],
    ..PERSON
};

/// Type A of EN 319 412-2 clause 4.3.2: a commitment to what is signed, and nothing else.
const COMMITMENT: &[&[Usage]] = &[&[Usage::NonRepudiation]];
