//! XML signatures, in the one form that SAML has (SAML Core section 5.4): enveloped, over the whole of the outermost
//! element, exclusive canonicalisation, SHA-2.
//!
//! Every other form is refused before anything is computed, so no signature can cover one element while another is read.

use super::name::{DSIG, ENVELOPED, EXCLUSIVE_C14N};
use super::xml::{Element, Xml};
use aws_lc_rs::digest::{Algorithm as Digest, SHA256, SHA384, SHA512, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bergshamra_c14n::{C14nMode, canonicalize_doc};
use bergshamra_xml::NodeSet;
use pki::jose::JoseAlgorithm;
use pki::key::{KeyKind, PublicKey, SignatureAlgorithm};
use uppsala::{Document, NodeId};

mod draft;
pub use draft::{Draft, SigningKey};

/// Why a signature is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignatureError {
    /// There is none.
    #[error("the message is not signed")]
    Missing,
    /// There are several, or it stands elsewhere than SAML says.
    #[error("there must be one signature, in the outermost element")]
    Place,
    /// It covers something else than the outermost element, or by other transforms.
    #[error("the signature must cover the outermost element, by exactly the transforms of SAML")]
    Reference,
    /// SHA-1, RSA keys of less than 2048 bits, or anything that is not listed.
    #[error("the algorithm is not allowed")]
    Algorithm,
    /// The document was changed, or another key made the signature.
    #[error("the signature does not verify")]
    Wrong,
}

/// The signature algorithm with this identifier; none for one that is not allowed.
pub fn algorithm(uri: &str) -> Option<SignatureAlgorithm> {
    ALGORITHMS.iter().find(|(known, _)| *known == uri).map(|(_, algorithm)| *algorithm)
}

/// The identifier of a signature algorithm.
pub fn identifier(algorithm: SignatureAlgorithm) -> Option<&'static str> {
    ALGORITHMS.iter().find(|(_, known)| *known == algorithm).map(|(uri, _)| *uri)
}

/// Verifies a signature value over `message` with any of `keys` (XML Signature section 6.4: r and s side by side).
///
/// # Errors
/// [`SignatureError::Algorithm`] or [`SignatureError::Wrong`].
pub fn verify_value(uri: &str, message: &[u8], value: &[u8], keys: &[PublicKey]) -> Result<(), SignatureError> {
    let algorithm = algorithm(uri).ok_or(SignatureError::Algorithm)?;
    let verifies = |key: &PublicKey| {
        let Some(jose) = raw_form(algorithm, key.kind()) else { return key.verify(algorithm, message, value).is_ok() };
        jose.to_x509(value).is_some_and(|der| key.verify(algorithm, message, &der).is_ok())
    };
    let mut fitting = keys.iter().filter(|key| algorithm.fits(key.kind()));
    if fitting.any(verifies) { Ok(()) } else { Err(SignatureError::Wrong) }
}

/// Verifies that one of `keys` signed the outermost element: all that is read of the document afterwards is what was signed.
///
/// # Errors
/// [`SignatureError`].
pub fn verify(xml: &Xml<'_>, keys: &[PublicKey]) -> Result<(), SignatureError> {
    let signature = place(xml)?;
    let parts = Parts::read(signature, xml.root())?;
    let signed = NodeSet::tree_without_comments(parts.signed_info.id(), xml.document());
    let message = canonical(xml.document(), &signed, &parts.prefixes)?;
    // Who signed is asked before the document is canonicalised: strangers cost one small hash.
    verify_value(parts.algorithm, &message, &parts.value, keys)?;
    let mut covered = NodeSet::tree_without_comments(xml.root().id(), xml.document());
    leave_out(&mut covered, xml.document(), signature.id());
    let octets = canonical(xml.document(), &covered, &parts.reference_prefixes)?;
    if digest(parts.digest, &octets).as_ref() == parts.digest_value { Ok(()) } else { Err(SignatureError::Wrong) }
}

/// Whether there is a signature, well or badly placed.
pub fn is_signed(xml: &Xml<'_>) -> bool {
    !xml.all(DSIG, "Signature").is_empty()
}

/// The only signature that counts: a child of the outermost element. In an aggregate its members may be signed too.
fn place<'d, 'a>(xml: &'d Xml<'a>) -> Result<Element<'d, 'a>, SignatureError> {
    let root = xml.root();
    let all = xml.all(DSIG, "Signature");
    if all.is_empty() {
        return Err(SignatureError::Missing);
    }
    let aggregate = root.is(super::name::METADATA, "EntitiesDescriptor");
    if !aggregate && all.len() > 1 {
        return Err(SignatureError::Place);
    }
    let signature = root.only(DSIG, "Signature").ok_or(SignatureError::Place)?;
    if signature.parent() == Some(root.id()) { Ok(signature) } else { Err(SignatureError::Place) }
}

/// A signature taken apart.
struct Parts<'d, 'a> {
    signed_info: Element<'d, 'a>,
    prefixes: Vec<String>,
    algorithm: &'d str,
    reference_prefixes: Vec<String>,
    digest: &'static Digest,
    digest_value: Vec<u8>,
    value: Vec<u8>,
}

impl<'d, 'a> Parts<'d, 'a> {
    fn read(signature: Element<'d, 'a>, root: Element<'d, 'a>) -> Result<Self, SignatureError> {
        let wrong = SignatureError::Reference;
        // An Object could hold what was signed once, and KeyInfo says nothing that we believe.
        let known = ["SignedInfo", "SignatureValue", "KeyInfo"];
        if !signature.children().all(|child| known.iter().any(|name| child.is(DSIG, name))) {
            return Err(wrong);
        }
        let signed_info = signature.only(DSIG, "SignedInfo").ok_or(wrong)?;
        let canonicalisation = signed_info.only(DSIG, "CanonicalizationMethod").ok_or(wrong)?;
        let method = signed_info.only(DSIG, "SignatureMethod").and_then(|method| method.attribute("Algorithm"));
        let reference = signed_info.only(DSIG, "Reference").ok_or(wrong)?;
        let id = root.attribute("ID").filter(|id| !id.is_empty()).ok_or(wrong)?;
        if reference.attribute("URI").and_then(|uri| uri.strip_prefix('#')) != Some(id) {
            return Err(wrong);
        }
        let reference_prefixes = transforms(reference)?;
        let digest = reference.only(DSIG, "DigestMethod").and_then(|method| method.attribute("Algorithm"));
        let digest = DIGESTS.iter().find(|(uri, _)| digest == Some(uri)).ok_or(SignatureError::Algorithm)?.1;
        let base64 = |element: Option<Element<'_, '_>>| octets(element?);
        Ok(Self {
            prefixes: prefixes(canonicalisation)?,
            signed_info,
            algorithm: method.ok_or(SignatureError::Algorithm)?,
            reference_prefixes,
            digest,
            digest_value: base64(reference.only(DSIG, "DigestValue")).ok_or(wrong)?,
            value: base64(signature.only(DSIG, "SignatureValue")).ok_or(wrong)?,
        })
    }
}

/// Base64 in an element, which may be broken into lines.
pub(super) fn octets(element: Element<'_, '_>) -> Option<Vec<u8>> {
    let text: String = element.text()?.split_ascii_whitespace().collect();
    STANDARD.decode(text).ok()
}

/// Exactly two (SAML Core section 5.4.4). The prefixes of the second.
fn transforms(reference: Element<'_, '_>) -> Result<Vec<String>, SignatureError> {
    let list = reference.only(DSIG, "Transforms").ok_or(SignatureError::Reference)?;
    let all: Vec<_> = list.children().collect();
    let [enveloped, exclusive] = all.as_slice() else { return Err(SignatureError::Reference) };
    let is_enveloped = enveloped.is(DSIG, "Transform") && enveloped.attribute("Algorithm") == Some(ENVELOPED);
    if !is_enveloped || enveloped.children().next().is_some() || !exclusive.is(DSIG, "Transform") {
        return Err(SignatureError::Reference);
    }
    prefixes(*exclusive)
}

/// The prefixes that an exclusive canonicalisation treats as inclusive.
fn prefixes(method: Element<'_, '_>) -> Result<Vec<String>, SignatureError> {
    if method.attribute("Algorithm") != Some(EXCLUSIVE_C14N) {
        return Err(SignatureError::Reference);
    }
    let mut children = method.children();
    match (children.next(), children.next()) {
        (None, _) => Ok(Vec::new()),
        (Some(child), None) if child.is(EXCLUSIVE_C14N, "InclusiveNamespaces") => {
            let list = child.attribute("PrefixList").ok_or(SignatureError::Reference)?;
            Ok(list.split_ascii_whitespace().map(str::to_owned).collect())
        }
        _ => Err(SignatureError::Reference),
    }
}

fn canonical(document: &Document<'_>, nodes: &NodeSet, prefixes: &[String]) -> Result<Vec<u8>, SignatureError> {
    canonicalize_doc(document, C14nMode::Exclusive, Some(nodes), prefixes).map_err(|_| SignatureError::Reference)
}

fn leave_out(nodes: &mut NodeSet, document: &Document<'_>, top: NodeId) {
    nodes.remove_id(top);
    for id in document.descendants(top) {
        nodes.remove_id(id);
    }
}

/// A signature as X.509 has it, in the form that XML has.
pub(super) fn raw_value(
    algorithm: SignatureAlgorithm,
    kind: KeyKind,
    signature: Vec<u8>,
) -> Result<Vec<u8>, SignatureError> {
    match raw_form(algorithm, kind) {
        Some(jose) => jose.to_jose(signature).ok_or(SignatureError::Wrong),
        None => Ok(signature),
    }
}

/// The JOSE algorithm whose signatures look alike; none for RSA, whose signatures look alike everywhere.
fn raw_form(algorithm: SignatureAlgorithm, kind: KeyKind) -> Option<JoseAlgorithm> {
    let curve = match kind {
        KeyKind::EcP256 => JoseAlgorithm::Es256,
        KeyKind::EcP384 => JoseAlgorithm::Es384,
        _ => return None,
    };
    algorithm.fits(kind).then_some(curve)
}

/// RFC 9231 sections 2.3.2, 2.3.6 and 2.3.10. No SHA-1, no MD5, no DSA, no HMAC.
const ALGORITHMS: &[(&str, SignatureAlgorithm)] = &[
    ("http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256", SignatureAlgorithm::EcdsaSha256),
    ("http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384", SignatureAlgorithm::EcdsaSha384),
    ("http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", SignatureAlgorithm::RsaPkcs1Sha256),
    ("http://www.w3.org/2001/04/xmldsig-more#rsa-sha384", SignatureAlgorithm::RsaPkcs1Sha384),
    ("http://www.w3.org/2001/04/xmldsig-more#rsa-sha512", SignatureAlgorithm::RsaPkcs1Sha512),
    ("http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1", SignatureAlgorithm::RsaPssSha256),
    ("http://www.w3.org/2007/05/xmldsig-more#sha384-rsa-MGF1", SignatureAlgorithm::RsaPssSha384),
    ("http://www.w3.org/2007/05/xmldsig-more#sha512-rsa-MGF1", SignatureAlgorithm::RsaPssSha512),
];
/// SHA-2 (XML Encryption section 5.7, RFC 9231 section 2.1).
const DIGESTS: &[(&str, &Digest)] = &[
    ("http://www.w3.org/2001/04/xmlenc#sha256", &SHA256),
    ("http://www.w3.org/2001/04/xmldsig-more#sha384", &SHA384),
    ("http://www.w3.org/2001/04/xmlenc#sha512", &SHA512),
];
