//! The CAs of this process, and what the key of each may sign.

use super::config::{IssuerKind, IssuerSettings};
use super::digest::Digest;
use super::error::SignerError;
use super::journal::IssuerSeal;
use super::start::StartError;
use pki::certificate::Certificate;
use pki::issue::Issuer;
use pki::profile::Purpose;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Mutex, OnceLock};

/// A CA whose key this process may use.
#[derive(Debug)]
pub(super) struct Authority {
    pub(super) issuer: Issuer,
    pub(super) kind: IssuerKind,
    /// Whether the key on the token was found fit; a refusal stays.
    pub(super) key_checked: OnceLock<Result<(), String>>,
    /// Held while a CRL is made: CRLs of one CA come one after the other.
    pub(super) crl_turn: Mutex<()>,
}

/// All CAs by name.
#[derive(Debug)]
pub(super) struct Authorities(BTreeMap<String, Authority>);

impl Authority {
    fn load(settings: &IssuerSettings) -> Result<Self, StartError> {
        let path = &settings.certificate;
        let pem = std::fs::read_to_string(path).map_err(|source| StartError::File { path: path.clone(), source })?;
        let certificate = Certificate::from_pem(&pem)
            .map_err(|source| StartError::Certificate { issuer: settings.name.clone(), source })?;
        let issuer = Issuer {
            name: settings.name.clone(),
            key: settings.key.clone(),
            certificate,
            crl_url: settings.crl_url.clone(),
            ocsp_url: settings.ocsp_url.clone(),
            aia_url: settings.aia_url.clone(),
        };
        Ok(Self { issuer, kind: settings.kind, key_checked: OnceLock::new(), crl_turn: Mutex::new(()) })
    }

    /// How the ceremony's last record names it.
    pub(super) fn seal(&self) -> IssuerSeal {
        IssuerSeal { kind: self.kind, certificate: Digest::from_bytes(self.issuer.certificate.fingerprint()) }
    }

    /// Whether the key signs anything at all outside the ceremony.
    pub(super) fn serves(&self) -> Result<(), SignerError> {
        match self.kind {
            IssuerKind::Person | IssuerKind::Function | IssuerKind::Infrastructure => Ok(()),
            IssuerKind::Root => Err(SignerError::IssuerSigns { issuer: self.issuer.name.clone() }),
        }
    }

    /// Whether the key's role covers certificates of this purpose.
    pub(super) fn may_certify(&self, purpose: Purpose) -> Result<(), SignerError> {
        self.serves()?;
        let allowed = match purpose {
            Purpose::PersonAuthentication | Purpose::PersonSignature => self.kind == IssuerKind::Person,
            Purpose::TlsServer | Purpose::TsaUnit | Purpose::EnrolmentSigner => self.kind == IssuerKind::Infrastructure,
            Purpose::OcspSigner => true,
            Purpose::FunctionServer | Purpose::FunctionClient | Purpose::LegalPersonSeal => {
                self.kind == IssuerKind::Function
            }
            // CAs are certified in ceremonies.
            Purpose::RootCa | Purpose::IssuingCa | Purpose::CrossCa => false,
        };
        if allowed { Ok(()) } else { Err(SignerError::IssuerRole { issuer: self.issuer.name.clone(), purpose }) }
    }
}

/// Reads the roots' certificates.
pub(super) fn load_anchors(paths: &[PathBuf]) -> Result<Vec<Certificate>, StartError> {
    let load = |path: &PathBuf| {
        let pem = std::fs::read_to_string(path).map_err(|source| StartError::File { path: path.clone(), source })?;
        let name = path.display().to_string();
        Certificate::from_pem(&pem).map_err(|source| StartError::Certificate { issuer: name, source })
    };
    paths.iter().map(load).collect()
}

impl Authorities {
    /// Reads the certificates.
    pub(super) fn load(settings: &[IssuerSettings]) -> Result<Self, StartError> {
        let named = settings.iter().map(|one| Ok((one.name.clone(), Authority::load(one)?)));
        Ok(Self(named.collect::<Result<_, StartError>>()?))
    }

    pub(super) fn get(&self, name: &str) -> Result<&Authority, SignerError> {
        self.0.get(name).ok_or_else(|| SignerError::NoIssuer { name: name.to_owned() })
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Authority> {
        self.0.values()
    }

    /// How the ceremony's last record names them.
    pub(super) fn seals(&self) -> BTreeMap<String, IssuerSeal> {
        self.0.iter().map(|(name, authority)| (name.clone(), authority.seal())).collect()
    }
}
