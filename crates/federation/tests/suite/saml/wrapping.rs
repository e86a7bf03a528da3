//! Signature wrapping: a good signature somewhere, hostile content where it is read.

use super::world::{HERE, SERVICE, World, request};
use federation::saml::SamlError;
use federation::saml::signature::SignatureError;
use federation::saml::xml::XmlError;

/// A root that asks for something else, with a place for what was signed.
fn evil(id: &str, inside: &str) -> String {
    let (before, after) =
        request(&[("ID", id), ("AssertionConsumerServiceIndex", "3"), ("AssertionConsumerServiceURL", "")], inside);
    before + &after
}

fn refused(world: &World, xml: &str) -> SamlError {
    let refused = world.read(xml).unwrap_err();
    assert_eq!(refused.answer, None, "nothing is sent anywhere");
    refused.why
}

/// A signed request and its signature apart.
fn taken_apart(world: &World) -> (String, String, String) {
    let good = world.good();
    let (before, rest) = good.split_once("<ds:Signature ").unwrap();
    let (signature, after) = rest.split_once("</ds:Signature>").unwrap();
    let signature = format!("<ds:Signature {signature}</ds:Signature>");
    let unsigned = format!("{before}{after}");
    (good, signature, unsigned)
}

#[test]
fn a_good_request_is_read() {
    let world = World::new();
    assert_eq!(world.read(&world.good()).unwrap().reply.service, SERVICE);
}

#[test]
fn the_original_in_the_extensions_of_another_root_is_not_what_is_read() {
    let world = World::new();
    let (_, signature, unsigned) = taken_apart(&world);
    let inside = format!("{signature}<samlp:Extensions>{unsigned}</samlp:Extensions>");
    assert_eq!(refused(&world, &evil("_evil", &inside)), SignatureError::Reference.into());
}

#[test]
fn the_original_with_its_own_signature_inside_another_root_is_refused() {
    let world = World::new();
    let (good, ..) = taken_apart(&world);
    let inside = format!("<samlp:Extensions>{good}</samlp:Extensions>");
    assert_eq!(refused(&world, &evil("_evil", &inside)), SignatureError::Place.into());
}

#[test]
fn the_original_in_an_object_of_the_signature_is_refused() {
    let world = World::new();
    let (_, signature, unsigned) = taken_apart(&world);
    let object = format!("<ds:Object>{unsigned}</ds:Object></ds:Signature>");
    let inside = signature.replace("</ds:Signature>", &object);
    assert_eq!(refused(&world, &evil("_evil", &inside)), SignatureError::Reference.into());
}

#[test]
fn the_original_in_the_key_info_of_the_signature_is_refused() {
    let world = World::new();
    let (_, signature, unsigned) = taken_apart(&world);
    let inside = signature.replace("</ds:KeyInfo>", &format!("{unsigned}</ds:KeyInfo>"));
    assert_eq!(refused(&world, &evil("_evil", &inside)), SignatureError::Reference.into());
}

#[test]
fn two_elements_with_the_signed_id_are_refused() {
    let world = World::new();
    let (_, signature, unsigned) = taken_apart(&world);
    for inside in [
        format!("{signature}<samlp:Extensions>{unsigned}</samlp:Extensions>"),
        format!("{signature}<samlp:Extensions><x Id=\"_r1\"/></samlp:Extensions>"),
        format!("{signature}<samlp:Extensions><x xml:id=\"_r1\"/></samlp:Extensions>"),
        format!("{signature}<samlp:Extensions><x id=\"_r1\"/></samlp:Extensions>"),
    ] {
        assert_eq!(refused(&world, &evil("_r1", &inside)), XmlError::DuplicateId.into());
    }
}

#[test]
fn an_id_of_a_foreign_namespace_is_not_the_one_that_is_signed() {
    let world = World::new();
    let (_, signature, _) = taken_apart(&world);
    let (before, after) = request(&[("ID", ""), ("xmlns:x", "urn:x"), ("x:ID", "_r1")], &signature);
    assert_eq!(refused(&world, &(before + &after)), SignatureError::Reference.into());
}

#[test]
fn content_beside_what_was_signed_changes_the_digest() {
    let world = World::new();
    let (good, ..) = taken_apart(&world);
    for (from, to) in [
        ("</samlp:AuthnRequest>", "<samlp:Extensions/></samlp:AuthnRequest>"),
        (HERE, "https://idp.example/saml/login2"),
        ("AssertionConsumerServiceURL=\"https://sp.example/acs\"", "AssertionConsumerServiceIndex=\"3\""),
        ("</saml:Issuer>", "</saml:Issuer> "),
        (" Version=", " ForceAuthn=\"true\" Version="),
    ] {
        assert_eq!(refused(&world, &good.replacen(from, to, 1)), SignatureError::Wrong.into(), "{from}");
    }
}

#[test]
fn a_signature_elsewhere_than_in_the_root_does_not_count() {
    let world = World::new();
    let (_, signature, _) = taken_apart(&world);
    let (before, after) = request(&[], &format!("<samlp:Extensions>{signature}</samlp:Extensions>"));
    assert_eq!(refused(&world, &(before + &after)), SignatureError::Place.into());
}

#[test]
fn two_signatures_are_refused() {
    let world = World::new();
    let (good, signature, _) = taken_apart(&world);
    let twice = good.replacen("<ds:Signature ", &format!("{signature}<ds:Signature "), 1);
    assert_eq!(refused(&world, &twice), SignatureError::Place.into());
}

/// Whatever the reference says but the ID of the root, by exactly two transforms, is refused before anything is computed.
#[test]
fn references_to_anything_else_are_refused() {
    let world = World::new();
    let good = world.good();
    let enveloped = "<ds:Transform Algorithm=\"http://www.w3.org/2000/09/xmldsig#enveloped-signature\"></ds:Transform>";
    let exclusive = "<ds:Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"></ds:Transform>";
    let xpath = "<ds:Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xpath-19991116\"><ds:XPath>self::x</ds:XPath></ds:Transform>";
    let xslt = "<ds:Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xslt-19991116\"></ds:Transform>";
    let commented = exclusive.replace("c14n#", "c14n#WithComments");
    let second = "<ds:Reference URI=\"#other\"></ds:Reference></ds:SignedInfo>";
    for (from, to) in [
        ("URI=\"#_r1\"", "URI=\"\""),
        ("URI=\"#_r1\"", "URI=\"#xpointer(/)\""),
        ("URI=\"#_r1\"", "URI=\"#xpointer(id('_r1'))\""),
        ("URI=\"#_r1\"", "URI=\"file:///etc/passwd\""),
        ("URI=\"#_r1\"", "URI=\"https://evil.example/\""),
        ("URI=\"#_r1\"", "Type=\"x\""),
        ("</ds:SignedInfo>", second),
        (enveloped, ""),
        (exclusive, ""),
        (exclusive, xpath),
        (exclusive, xslt),
        (exclusive, &commented),
        (enveloped, &format!("{enveloped}{xpath}")),
        (&format!("{enveloped}{exclusive}"), &format!("{exclusive}{enveloped}")),
    ] {
        assert!(good.contains(from), "{from}");
        assert_eq!(refused(&world, &good.replacen(from, to, 1)), SignatureError::Reference.into(), "{from} {to}");
    }
}

/// Another service's signature is nobody's here, and the certificate that comes along says nothing.
#[test]
fn keys_come_from_the_registration_alone() {
    let (world, stranger) = (World::new(), World::new());
    assert_eq!(refused(&world, &stranger.good()), SignatureError::Wrong.into());
}

#[test]
fn an_unsigned_request_is_refused() {
    let world = World::new();
    let (before, after) = request(&[], "");
    assert_eq!(refused(&world, &(before + &after)), SignatureError::Missing.into());
}
