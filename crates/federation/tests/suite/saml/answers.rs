//! What a service is answered.

use super::world::{CONSUMER, NOW, SERVICE, World, holder, now, recipient};
use aws_lc_rs::aead::{AES_128_GCM, AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::rsa::{OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OaepPrivateDecryptingKey, PrivateDecryptingKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use federation::saml::attribute::release;
use federation::saml::encryption::Secrets;
use federation::saml::request::NameIdFormat;
use federation::saml::response::{Frame, Login, Reply, Status, assertion, failure, signed_assertion, success};
use federation::saml::service::Origin;
use federation::saml::signature::verify;
use federation::saml::xml::{Kind, Xml};
use federation::saml::{logout, metadata};

const ISSUER: &str = "https://idp.example/saml/metadata";

fn reply() -> Reply {
    let (service, acs) = (SERVICE.to_owned(), CONSUMER.to_owned());
    Reply { service, acs, in_response_to: "_r1".to_owned(), relay_state: Some("<&\">".to_owned()) }
}

fn frame(id: &str) -> Frame<'_> {
    Frame { issuer: ISSUER, id, now: now() }
}

fn the_assertion(world: &World) -> String {
    let (holder, release) = (holder(), release(&world.service, &holder()).unwrap());
    let login = Login {
        format: NameIdFormat::Persistent,
        name_id: "opaque",
        level: "http://id.swedenconnect.se/loa/1.0/uncertified-loa3",
        at: now().plus_seconds(-30),
        session: "s1",
        until: now().plus_seconds(3_600),
        address: Some("192.0.2.7".parse().unwrap()),
        release: &release,
        holder: &holder,
    };
    assertion(frame("_a1"), &reply(), &login)
}

/// The whole assertion, as an auditor would read it.
#[test]
fn an_assertion_says_who_to_whom_when_and_at_which_level() {
    let category = "http://id.swedenconnect.se/ec/1.0/loa3-orgid";
    let world = World::with(Origin::Local, |text| text.replace("@CATEGORY@", category));
    testkit::golden("federation/saml-assertion.txt", &(the_assertion(&world).replace("><", ">\n<") + "\n"));
}

#[test]
fn an_error_has_two_codes_and_no_assertion() {
    let world = World::new();
    for (status, codes) in [
        (Status::Cancel, ["status:Responder", "http://id.elegnamnden.se/status/1.0/cancel"]),
        (Status::NoAuthnContext, ["status:Requester", "status:NoAuthnContext"]),
        (Status::NoPassive, ["status:Responder", "status:NoPassive"]),
        (Status::UnknownPrincipal, ["status:Responder", "status:UnknownPrincipal"]),
        (Status::RequestDenied, ["status:Responder", "status:RequestDenied"]),
    ] {
        let xml = world.finish(failure(frame("_1"), &reply(), status, world.key()).unwrap());
        assert!(codes.iter().all(|code| xml.contains(&format!("{code}\""))), "{xml}");
        assert!(!xml.contains("Assertion>") && xml.contains("InResponseTo=\"_r1\""), "{xml}");
        let read = Xml::read(xml.as_bytes(), Kind::Message).unwrap();
        verify(&read, &world.service.keys).unwrap();
    }
}

/// What only the service can open is the assertion, whole.
#[test]
fn an_assertion_is_encrypted_as_the_service_can() {
    let oaep = "<md:EncryptionMethod Algorithm=\"http://www.w3.org/2009/xmlenc11#rsa-oaep\"/>";
    let small = "<md:EncryptionMethod Algorithm=\"http://www.w3.org/2009/xmlenc11#aes128-gcm\"/>";
    for (methods, key_octets) in [(String::new(), 32), (format!("{oaep}{small}"), 16)] {
        let world = World::with(Origin::Local, |text| text.replace("<!--methods-->", &methods));
        let plain = the_assertion(&world);
        let secrets = Secrets { key: [7; 32], iv: [9; 16] };
        let encrypted = world.service.recipient.encrypt(&plain, &secrets).unwrap();
        assert!(!encrypted.contains("rsa-1_5") && !encrypted.contains("berg"), "{encrypted}");
        let xml = world.finish(success(frame("_1"), &reply(), &encrypted, world.key()).unwrap());
        verify(&Xml::read(xml.as_bytes(), Kind::Message).unwrap(), &world.service.keys).unwrap();
        let mut values = encrypted.split("<xenc:CipherValue>").skip(1).map(|rest| rest.split('<').next().unwrap());
        let (wrapped, sealed) =
            (STANDARD.decode(values.next().unwrap()).unwrap(), STANDARD.decode(values.next().unwrap()).unwrap());
        let key =
            OaepPrivateDecryptingKey::new(PrivateDecryptingKey::from_pkcs8(&recipient().serialize_der()).unwrap())
                .unwrap();
        let algorithm = if methods.is_empty() { &OAEP_SHA1_MGF1SHA1 } else { &OAEP_SHA256_MGF1SHA256 };
        let mut out = vec![0; key.min_output_size()];
        let unwrapped = key.decrypt(algorithm, &wrapped, &mut out, None).unwrap();
        assert_eq!(unwrapped, &secrets.key[..key_octets]);
        let cipher = if key_octets == 32 { &AES_256_GCM } else { &AES_128_GCM };
        let (nonce, sealed) = sealed.split_at(12);
        let nonce = Nonce::try_assume_unique_for_key(nonce).unwrap();
        let mut sealed = sealed.to_vec();
        let key = LessSafeKey::new(UnboundKey::new(cipher, unwrapped).unwrap());
        assert_eq!(key.open_in_place(nonce, Aad::empty(), &mut sealed).unwrap(), plain.as_bytes());
    }
}

#[test]
fn an_assertion_is_signed_too_for_a_service_that_wants_it() {
    let world = World::with(Origin::Local, |text| {
        text.replace("AuthnRequestsSigned=\"true\"", "AuthnRequestsSigned=\"true\" WantAssertionsSigned=\"true\"")
    });
    assert!(world.service.wants_signed_assertions);
    let (holder, release) = (holder(), release(&world.service, &holder()).unwrap());
    let login = Login {
        format: NameIdFormat::Transient,
        name_id: "once",
        level: "urn:x",
        at: now(),
        session: "s",
        until: now(),
        address: None,
        release: &release,
        holder: &holder,
    };
    let xml = world.finish(signed_assertion(frame("_a1"), &reply(), &login, world.key()).unwrap());
    verify(&Xml::read(xml.as_bytes(), Kind::Message).unwrap(), &world.service.keys).unwrap();
    assert!(!xml.contains("Address"), "{xml}");
}

/// Our metadata, as others read it.
#[test]
fn metadata_says_what_we_are() {
    let world = World::new();
    let presentation = metadata::Presentation {
        name_sv: "Tjänst".to_owned(),
        name_en: "Service".to_owned(),
        description_sv: "På svenska".to_owned(),
        description_en: "In English".to_owned(),
        organisation: "Myndigheten".to_owned(),
        organisation_url: "https://agency.example".to_owned(),
        technical_contact: "t@agency.example".to_owned(),
        support_contact: "s@agency.example".to_owned(),
    };
    let provider = metadata::IdentityProvider {
        entity_id: ISSUER,
        origin: "https://idp.example",
        approval: federation::oidc::level::Approval::None,
        presentation: &presentation,
        scopes: &["2021000001".to_owned()],
        certificates: &[b"one".to_vec(), b"two".to_vec()],
    };
    let xml = world.finish(metadata::describe(&provider, ("_m", now().plus_days(7)), world.key()).unwrap());
    verify(&Xml::read(xml.as_bytes(), Kind::Metadata).unwrap(), &world.service.keys).unwrap();
    let (before, rest) = xml.split_once("<ds:Signature ").unwrap();
    let (_, after) = rest.split_once("</ds:Signature>").unwrap();
    testkit::golden("federation/saml-metadata.txt", &(format!("{before}{after}").replace("><", ">\n<") + "\n"));
}

#[test]
fn a_logout_request_names_the_session_and_a_logout_is_understood() {
    let world = World::new();
    let whose = (NameIdFormat::Persistent, "opaque", "s1");
    let draft = logout::request(frame("_l1"), (SERVICE, "https://sp.example/slo"), whose, world.key()).unwrap();
    let xml = world.finish(draft);
    assert!(logout::in_soap(&xml).starts_with("<s:Envelope"));
    let message = super::world::form(&xml);
    let read = Xml::read(xml.as_bytes(), Kind::Message).unwrap();
    let at = ("https://sp.example/slo", now());
    let asked = logout::LogoutRequest::read(&message, &read, &world.service, at).unwrap();
    assert!(asked.means("opaque", "s1") && !asked.means("opaque", "s2") && !asked.means("other", "s1"));
    assert!(logout::LogoutRequest::read(&message, &read, &world.service, ("https://other.example", now())).is_err());
    let late = ("https://sp.example/slo", pki::UtcTime::from_unix(NOW + 301));
    assert!(logout::LogoutRequest::read(&message, &read, &world.service, late).is_err());
}
