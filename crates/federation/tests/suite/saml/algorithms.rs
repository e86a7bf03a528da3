//! Algorithms are ours to choose, not the sender's.

use super::world::{ECDSA_SHA256, World, request};
use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use federation::saml::redirect;
use federation::saml::service::Origin;
use federation::saml::signature::SignatureError;
use miniz_oxide::deflate::compress_to_vec;
use rcgen::SigningKey as _;

/// SHA-1, MD5, keyed hashes and what nobody has heard of, in each place where an algorithm is named.
#[test]
fn algorithms_that_are_not_listed_are_refused() {
    let world = World::new();
    let good = world.good();
    for uri in [
        "http://www.w3.org/2000/09/xmldsig#rsa-sha1",
        "http://www.w3.org/2000/09/xmldsig#dsa-sha1",
        "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha1",
        "http://www.w3.org/2000/09/xmldsig#hmac-sha1",
        "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256",
        "http://www.w3.org/2001/04/xmldsig-more#rsa-md5",
        "",
    ] {
        let xml = good.replacen(ECDSA_SHA256, uri, 1);
        assert_eq!(world.read(&xml).unwrap_err().why, SignatureError::Algorithm.into(), "{uri}");
    }
    for uri in ["http://www.w3.org/2000/09/xmldsig#sha1", "http://www.w3.org/2001/04/xmldsig-more#md5", ""] {
        let xml = good.replacen("http://www.w3.org/2001/04/xmlenc#sha256", uri, 1);
        assert_eq!(world.read(&xml).unwrap_err().why, SignatureError::Algorithm.into(), "{uri}");
    }
    for uri in
        ["http://www.w3.org/TR/2001/REC-xml-c14n-20010315", "http://www.w3.org/2001/10/xml-exc-c14n#WithComments"]
    {
        let method = "CanonicalizationMethod Algorithm=\"";
        let xml =
            good.replacen(&format!("{method}http://www.w3.org/2001/10/xml-exc-c14n#"), &format!("{method}{uri}"), 1);
        assert_eq!(world.read(&xml).unwrap_err().why, SignatureError::Reference.into(), "{uri}");
    }
}

/// A listed algorithm that is not the key's.
#[test]
fn an_algorithm_of_another_kind_of_key_is_refused() {
    let world = World::new();
    for name in ["rsa-sha256", "rsa-sha512", "ecdsa-sha384"] {
        let xml = world.good().replacen("ecdsa-sha256", name, 1);
        assert_eq!(world.read(&xml).unwrap_err().why, SignatureError::Wrong.into(), "{name}");
    }
}

/// A public key is no secret: who signs with it as one proves nothing.
#[test]
fn a_public_key_is_not_taken_for_a_shared_secret() {
    let world = World::new();
    let good = world.good();
    let (_, rest) = good.split_once("<ds:SignedInfo ").unwrap();
    let (inside, _) = rest.split_once("</ds:SignedInfo>").unwrap();
    let hmac_uri = "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256";
    let signed_info = format!("<ds:SignedInfo {inside}</ds:SignedInfo>").replace(ECDSA_SHA256, hmac_uri);
    let key = hmac::Key::new(hmac::HMAC_SHA256, world.signing.public_key_raw());
    let value = STANDARD.encode(hmac::sign(&key, signed_info.as_bytes()));
    let (before, rest) = good.split_once("<ds:SignatureValue>").unwrap();
    let (_, after) = rest.split_once("</ds:SignatureValue>").unwrap();
    let xml = format!("{before}<ds:SignatureValue>{value}</ds:SignatureValue>{after}").replace(ECDSA_SHA256, hmac_uri);
    assert_eq!(world.read(&xml).unwrap_err().why, SignatureError::Algorithm.into());
}

/// The query of a request by HTTP-Redirect, signed.
fn query(world: &World, algorithm: &str) -> String {
    let (before, after) = request(&[], "");
    let deflated = STANDARD.encode(compress_to_vec((before + &after).as_bytes(), 6));
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.append_pair("SAMLRequest", &deflated).append_pair("RelayState", "rs=1&2").append_pair("SigAlg", algorithm);
    let signed = form.finish();
    let der = world.signing.sign(signed.as_bytes()).unwrap();
    let raw = pki::jose::JoseAlgorithm::Es256.to_jose(der).unwrap();
    let value: String = url::form_urlencoded::byte_serialize(STANDARD.encode(raw).as_bytes()).collect();
    format!("{signed}&Signature={value}")
}

#[test]
fn a_redirected_request_is_signed_over_the_octets_of_its_address() {
    let world = World::new();
    let good = query(&world, ECDSA_SHA256);
    let message = redirect::read(&good, "SAMLRequest").unwrap();
    assert_eq!(message.relay_state.as_deref(), Some("rs=1&2"));
    assert!(world.read_message(&message).is_ok());
    let why = |query: &str| world.read_message(&redirect::read(query, "SAMLRequest").unwrap()).unwrap_err().why;
    for (from, to) in [("rs%3D1", "rs%3D2"), ("RelayState", "Other"), ("rs%3D1%262", "rs%3d1%262")] {
        assert_eq!(why(&good.replacen(from, to, 1)), SignatureError::Wrong.into(), "{from}");
    }
    let unsigned = good.split("&SigAlg").next().unwrap();
    assert_eq!(why(unsigned), SignatureError::Missing.into());
    for uri in ["http://www.w3.org/2000/09/xmldsig#rsa-sha1", "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256", "x"]
    {
        assert_eq!(why(&query(&world, uri)), SignatureError::Algorithm.into(), "{uri}");
    }
}

/// XML in an address is signed beside itself: a signature within would be one that nobody looks at.
#[test]
fn a_signature_within_a_redirected_request_is_refused() {
    let world = World::new();
    let deflated = STANDARD.encode(compress_to_vec(world.good().as_bytes(), 6));
    let query: String =
        url::form_urlencoded::Serializer::new(String::new()).append_pair("SAMLRequest", &deflated).finish();
    let refused = world.read_message(&redirect::read(&query, "SAMLRequest").unwrap()).unwrap_err();
    assert!(refused.why.to_string().contains("beside itself"), "{}", refused.why);
}

/// RSA PKCS #1 v1.5 key transport is not used, whatever a service says that it wants; nor is 3DES.
#[test]
fn key_transport_by_pkcs1_is_refused() {
    for uri in ["http://www.w3.org/2001/04/xmlenc#rsa-1_5", "http://www.w3.org/2001/04/xmlenc#tripledes-cbc"] {
        let method = format!("<md:EncryptionMethod Algorithm=\"{uri}\"/>");
        let refused = World::try_with(Origin::Local, |text| text.replace("<!--methods-->", &method));
        assert!(refused.is_err(), "{uri}");
    }
}
