//! A document that lacks its signature only.

use super::super::name::{DSIG, ENVELOPED, EXCLUSIVE_C14N};
use super::super::xml::{Kind, Xml};
use super::{SignatureError, canonical, identifier, raw_value};
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bergshamra_xml::NodeSet;
use pki::key::{KeyKind, SignatureAlgorithm};

/// A key that signs for us, as others know it.
#[derive(Debug, Clone, Copy)]
pub struct SigningKey<'a> {
    /// Its certificate, DER, as in our metadata.
    pub certificate: &'a [u8],
    /// What kind of key it is.
    pub kind: KeyKind,
    /// What it signs with.
    pub algorithm: SignatureAlgorithm,
}

/// A document that lacks its signature only: for keys that sign elsewhere or later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// Up to where the signature stands.
    before: String,
    after: String,
    signed_info: String,
    certificate: String,
    kind: KeyKind,
    algorithm: SignatureAlgorithm,
}

impl Draft {
    /// A document of ours, to be signed as a whole. The signature stands right behind `before`, in the outermost element,
    /// whose ID is `id`.
    ///
    /// # Errors
    /// [`SignatureError`] if the key cannot sign so, or we wrote what cannot be canonicalised.
    pub fn new(before: String, after: String, id: &str, key: SigningKey<'_>) -> Result<Self, SignatureError> {
        let method = identifier(key.algorithm).filter(|_| key.algorithm.fits(key.kind));
        let method = method.ok_or(SignatureError::Algorithm)?;
        let whole = [before.as_str(), after.as_str()].concat();
        let xml = Xml::read(whole.as_bytes(), Kind::Aggregate).map_err(|_| SignatureError::Reference)?;
        let nodes = NodeSet::tree_without_comments(xml.root().id(), xml.document());
        let octets = canonical(xml.document(), &nodes, &[])?;
        let value = STANDARD.encode(digest(&SHA256, &octets));
        // Canonical as it stands: what is signed is exactly this text.
        let signed_info = format!(
            "<ds:SignedInfo xmlns:ds=\"{DSIG}\">\
             <ds:CanonicalizationMethod Algorithm=\"{EXCLUSIVE_C14N}\"></ds:CanonicalizationMethod>\
             <ds:SignatureMethod Algorithm=\"{method}\"></ds:SignatureMethod>\
             <ds:Reference URI=\"#{id}\"><ds:Transforms>\
             <ds:Transform Algorithm=\"{ENVELOPED}\"></ds:Transform>\
             <ds:Transform Algorithm=\"{EXCLUSIVE_C14N}\"></ds:Transform></ds:Transforms>\
             <ds:DigestMethod Algorithm=\"{SHA_256}\"></ds:DigestMethod>\
             <ds:DigestValue>{value}</ds:DigestValue></ds:Reference></ds:SignedInfo>"
        );
        let certificate = STANDARD.encode(key.certificate);
        Ok(Self { before, after, signed_info, certificate, kind: key.kind, algorithm: key.algorithm })
    }

    /// What is to be signed.
    pub fn message(&self) -> &[u8] {
        self.signed_info.as_bytes()
    }

    /// How.
    pub const fn algorithm(&self) -> SignatureAlgorithm {
        self.algorithm
    }

    /// The document with its signature, which the key made as in X.509.
    ///
    /// # Errors
    /// [`SignatureError::Wrong`] if it is no such signature.
    pub fn finish(self, signature: Vec<u8>) -> Result<String, SignatureError> {
        let value = raw_value(self.algorithm, self.kind, signature)?;
        let Self { mut before, after, signed_info, certificate, .. } = self;
        before.extend([
            "<ds:Signature xmlns:ds=\"",
            DSIG,
            "\">",
            &signed_info,
            "<ds:SignatureValue>",
            &STANDARD.encode(value),
            "</ds:SignatureValue><ds:KeyInfo><ds:X509Data><ds:X509Certificate>",
            &certificate,
            "</ds:X509Certificate></ds:X509Data></ds:KeyInfo></ds:Signature>",
            &after,
        ]);
        Ok(before)
    }
}

const SHA_256: &str = "http://www.w3.org/2001/04/xmlenc#sha256";
