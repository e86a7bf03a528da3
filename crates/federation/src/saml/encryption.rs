//! Encrypted assertions (SAML Core section 2.3.4, XML Encryption 1.1): AES with a key of its own each, which only the
//! service can unwrap with RSA-OAEP. RSA PKCS #1 v1.5 is neither offered nor written.

use super::SamlError;
use super::name::{ASSERTION, DSIG, XENC, XENC11};
use super::writer::Writer;
use aws_lc_rs::aead::{AES_128_GCM, AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::cipher::{AES_128, AES_256, EncryptionContext, PaddedBlockEncryptingKey, UnboundCipherKey};
use aws_lc_rs::iv::FixedLength;
use aws_lc_rs::rsa::{OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OaepPublicEncryptingKey, PublicEncryptingKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pki::certificate::Certificate;

/// Whom assertions are encrypted to, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    certificate: Vec<u8>,
    spki: Vec<u8>,
    cipher: Cipher,
    transport: Transport,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cipher {
    Aes256Gcm,
    Aes128Gcm,
    Aes256Cbc,
    Aes128Cbc,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Transport {
    OaepSha256,
    OaepMgf1p,
}

/// What nobody may guess, drawn for one assertion.
pub struct Secrets {
    /// The key.
    pub key: [u8; 32],
    /// The initialisation vector.
    pub iv: [u8; 16],
}

impl Recipient {
    /// The holder of a certificate's key, which says that it can do `methods`; without any it can do what everybody must.
    /// None for a key that is not RSA, or methods that are none of ours.
    pub fn new(certificate: &Certificate, methods: &[&str]) -> Option<Self> {
        let offers = |uri: &str| methods.contains(&uri);
        let listed = CIPHERS.iter().find(|(uri, _)| offers(uri)).map(|(_, cipher)| *cipher);
        let names_ciphers = methods.iter().any(|uri| uri.contains("aes") || uri.contains("des"));
        let cipher = if names_ciphers { listed? } else { Cipher::Aes256Gcm };
        let listed = TRANSPORTS.iter().find(|(uri, _)| offers(uri)).map(|(_, transport)| *transport);
        let names_transports = methods.iter().any(|uri| uri.contains("rsa"));
        let transport = if names_transports { listed? } else { Transport::OaepMgf1p };
        let key = certificate.public_key();
        key.kind().is_rsa().then(|| Self {
            certificate: certificate.der().as_bytes().to_vec(),
            spki: key.spki().to_vec(),
            cipher,
            transport,
        })
    }

    /// The `EncryptedAssertion` with `assertion` in it. The seed of OAEP is drawn by the library that pads.
    ///
    /// # Errors
    /// [`SamlError::Encryption`].
    pub fn encrypt(&self, assertion: &str, secrets: &Secrets) -> Result<String, SamlError> {
        let key = &secrets.key[..self.cipher.key_octets()];
        let sealed = self.cipher.seal(assertion, key, secrets.iv)?;
        let wrapped = self.wrap(key)?;
        let mut w = Writer::default();
        w.open("saml:EncryptedAssertion", &[("xmlns:saml", ASSERTION)]);
        w.open("xenc:EncryptedData", &[("xmlns:xenc", XENC), ("Type", ELEMENT)]);
        w.leaf("xenc:EncryptionMethod", &[("Algorithm", self.cipher.uri())], "");
        w.open("ds:KeyInfo", &[("xmlns:ds", DSIG)]);
        w.open("xenc:EncryptedKey", &[]);
        w.open("xenc:EncryptionMethod", &[("Algorithm", self.transport.uri())]);
        w.leaf("ds:DigestMethod", &[("Algorithm", self.transport.digest())], "");
        if self.transport == Transport::OaepSha256 {
            w.leaf("xenc11:MGF", &[("xmlns:xenc11", XENC11), ("Algorithm", MGF1_SHA256)], "");
        }
        w.close();
        w.open("ds:KeyInfo", &[]);
        w.open("ds:X509Data", &[]);
        w.leaf("ds:X509Certificate", &[], &STANDARD.encode(&self.certificate));
        w.close();
        w.close();
        cipher_data(&mut w, &wrapped);
        w.close();
        w.close();
        cipher_data(&mut w, &sealed);
        Ok(w.finish())
    }

    fn wrap(&self, key: &[u8]) -> Result<Vec<u8>, SamlError> {
        let refused = |_| SamlError::Encryption("RSA-OAEP");
        let public = PublicEncryptingKey::from_der(&self.spki)
            .map_err(|_| SamlError::Encryption("the key of the service is refused"))?;
        let public = OaepPublicEncryptingKey::new(public).map_err(refused)?;
        let algorithm = match self.transport {
            Transport::OaepSha256 => &OAEP_SHA256_MGF1SHA256,
            Transport::OaepMgf1p => &OAEP_SHA1_MGF1SHA1,
        };
        let mut out = vec![0; public.ciphertext_size()];
        let wrapped = public.encrypt(algorithm, key, &mut out, None).map_err(refused)?;
        Ok(wrapped.to_vec())
    }
}

fn cipher_data(w: &mut Writer, octets: &[u8]) {
    w.open("xenc:CipherData", &[]);
    w.leaf("xenc:CipherValue", &[], &STANDARD.encode(octets));
    w.close();
}

impl Cipher {
    const fn key_octets(self) -> usize {
        match self {
            Self::Aes256Gcm | Self::Aes256Cbc => 32,
            Self::Aes128Gcm | Self::Aes128Cbc => 16,
        }
    }

    fn uri(self) -> &'static str {
        CIPHERS.iter().find(|(_, cipher)| *cipher == self).map_or("", |(uri, _)| uri)
    }

    /// Initialisation vector, ciphertext and, for GCM, tag (XML Encryption sections 5.2.2 and 5.2.4).
    fn seal(self, plain: &str, key: &[u8], iv: [u8; 16]) -> Result<Vec<u8>, SamlError> {
        match self {
            Self::Aes256Gcm | Self::Aes128Gcm => {
                let algorithm = if self == Self::Aes256Gcm { &AES_256_GCM } else { &AES_128_GCM };
                let nonce: [u8; 12] = iv[..12].try_into().expect("twelve octets of sixteen");
                let key = UnboundKey::new(algorithm, key).map_err(|_| SamlError::Encryption("AES-GCM"))?;
                let mut sealed = plain.as_bytes().to_vec();
                LessSafeKey::new(key)
                    .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::empty(), &mut sealed)
                    .map_err(|_| SamlError::Encryption("AES-GCM"))?;
                Ok([&nonce[..], &sealed].concat())
            }
            Self::Aes256Cbc | Self::Aes128Cbc => {
                let algorithm = if self == Self::Aes256Cbc { &AES_256 } else { &AES_128 };
                let refused = |_| SamlError::Encryption("AES-CBC");
                let key = UnboundCipherKey::new(algorithm, key).map_err(refused)?;
                let key = PaddedBlockEncryptingKey::cbc_pkcs7(key).map_err(refused)?;
                let mut sealed = plain.as_bytes().to_vec();
                let context = EncryptionContext::Iv128(FixedLength::from(iv));
                key.less_safe_encrypt(&mut sealed, context).map_err(refused)?;
                Ok([&iv[..], &sealed].concat())
            }
        }
    }
}

impl Transport {
    fn uri(self) -> &'static str {
        TRANSPORTS.iter().find(|(_, transport)| *transport == self).map_or("", |(uri, _)| uri)
    }

    const fn digest(self) -> &'static str {
        match self {
            Self::OaepSha256 => "http://www.w3.org/2001/04/xmlenc#sha256",
            // As a mask, not as a signature: collisions do not matter here (XML Encryption section 5.5.2).
            Self::OaepMgf1p => "http://www.w3.org/2000/09/xmldsig#sha1",
        }
    }
}

/// Best first. CBC only for services that name it and nothing better: the response around it is signed.
const CIPHERS: &[(&str, Cipher)] = &[
    ("http://www.w3.org/2009/xmlenc11#aes256-gcm", Cipher::Aes256Gcm),
    ("http://www.w3.org/2009/xmlenc11#aes128-gcm", Cipher::Aes128Gcm),
    ("http://www.w3.org/2001/04/xmlenc#aes256-cbc", Cipher::Aes256Cbc),
    ("http://www.w3.org/2001/04/xmlenc#aes128-cbc", Cipher::Aes128Cbc),
];
const TRANSPORTS: &[(&str, Transport)] = &[
    ("http://www.w3.org/2009/xmlenc11#rsa-oaep", Transport::OaepSha256),
    ("http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p", Transport::OaepMgf1p),
];
const MGF1_SHA256: &str = "http://www.w3.org/2009/xmlenc11#mgf1sha256";
const ELEMENT: &str = "http://www.w3.org/2001/04/xmlenc#Element";
