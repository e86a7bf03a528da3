//! PKCS#10 requests that a card's keys sign.

use anyhow::bail;
use hsm::Pool;
use pki::key::{KeyId, KeyKind, PublicKey, SignatureAlgorithm, Signer};

/// Lets the request library sign with a key that it never sees.
pub(crate) struct CardSigner<'a> {
    token: &'a Pool,
    id: KeyId,
    public: PublicKey,
    /// The two libraries' words for one algorithm.
    algorithm: (SignatureAlgorithm, &'static rcgen::SignatureAlgorithm),
}

impl<'a> CardSigner<'a> {
    /// The key with this label.
    ///
    /// # Errors
    /// If the card has none, or of a kind that requests are not made for.
    pub(crate) fn new(token: &'a Pool, id: &KeyId) -> anyhow::Result<Self> {
        let public = Signer::public_key(token, id)?;
        let algorithm = match public.kind() {
            KeyKind::EcP256 => (SignatureAlgorithm::EcdsaSha256, &rcgen::PKCS_ECDSA_P256_SHA256),
            KeyKind::EcP384 => (SignatureAlgorithm::EcdsaSha384, &rcgen::PKCS_ECDSA_P384_SHA384),
            KeyKind::Rsa2048 | KeyKind::Rsa3072 | KeyKind::Rsa4096 => {
                (SignatureAlgorithm::RsaPkcs1Sha256, &rcgen::PKCS_RSA_SHA256)
            }
            KeyKind::Ed25519 => bail!("no card of this service has a key of kind {}", KeyKind::Ed25519),
        };
        Ok(Self { token, id: id.clone(), public, algorithm })
    }

    /// The public half.
    pub(crate) fn public(&self) -> &PublicKey {
        &self.public
    }

    /// A request, PEM. It names nobody: the subject is the application's, the request only brings the key.
    ///
    /// # Errors
    /// If the card does not sign.
    pub(crate) fn request(&self) -> anyhow::Result<String> {
        let mut parameters = rcgen::CertificateParams::default();
        parameters.distinguished_name = rcgen::DistinguishedName::new();
        Ok(parameters.serialize_request(self)?.pem()?)
    }
}

impl rcgen::PublicKeyData for CardSigner<'_> {
    fn der_bytes(&self) -> &[u8] {
        self.public.key_bits()
    }

    fn algorithm(&self) -> &'static rcgen::SignatureAlgorithm {
        self.algorithm.1
    }
}

impl rcgen::SigningKey for CardSigner<'_> {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        self.token.sign(&self.id, self.algorithm.0, message).map_err(|_| rcgen::Error::RemoteKeyError)
    }
}
