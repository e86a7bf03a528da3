//! What metadata of a service may say.

use super::world::{SERVICE, World};
use federation::oidc::client::Name;
use federation::saml::service::{LogoutBinding, Origin, Service};

fn refused(from: &str, to: &str) -> String {
    let changed = World::try_with(Origin::Local, |text| {
        assert!(text.contains(from), "{from}");
        text.replace(from, to)
    });
    match changed {
        Ok(_) => panic!("{to} is taken"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn a_service_is_what_its_metadata_says() {
    let service = World::new().service;
    assert_eq!(service.id, SERVICE);
    assert_eq!(service.name, Name { sv: "Tjänsten".to_owned(), en: "The service".to_owned() });
    assert_eq!(service.default_consumer().index, 7);
    assert_eq!(service.logout[0].binding, LogoutBinding::Soap);
    assert_eq!(service.keys.len(), 1);
    assert!(service.has("@CATEGORY@"));
}

#[test]
fn metadata_that_cannot_be_used_is_refused() {
    for (from, to) in [
        (SERVICE, ""),
        (SERVICE, "https://sp.example/a b"),
        ("entityID", "entityId"),
        ("SAML:2.0:protocol", "SAML:1.1:protocol"),
        ("https://sp.example/acs", "http://sp.example/acs"),
        ("https://sp.example/acs", "https://sp.example/acs#x"),
        ("https://sp.example/acs", "https://user@sp.example/acs"),
        ("https://sp.example/acs", "javascript:alert(1)"),
        ("https://sp.example/slo", "/slo"),
        ("index=\"3\"", "index=\"7\""),
        ("index=\"3\"", "index=\"x\""),
        ("bindings:HTTP-POST", "bindings:HTTP-Artifact"),
        ("use=\"signing\"", "use=\"encryption\""),
        ("use=\"encryption\"", "use=\"signing\""),
        ("md:EntityDescriptor", "md:EntitiesDescriptor"),
    ] {
        assert!(!refused(from, to).is_empty());
    }
}

/// A key for both uses needs no name; certificates that ended long ago carry keys as well as others.
#[test]
fn a_key_without_a_use_is_for_both() {
    let world =
        World::with(Origin::Local, |text| text.replace(" use=\"encryption\"", "").replace(" use=\"signing\"", ""));
    assert_eq!(world.service.keys.len(), 2);
}

#[test]
fn a_registration_is_an_object_with_metadata() {
    assert!(Service::is_registration("{\"saml_metadata\": \"\"}"));
    assert!(!Service::is_registration("{\"client_id\": \"rp\"}"));
    for text in
        ["{\"saml_metadata\": \"\"}", "{\"saml_metadata\": \"<a/>\"}", "{\"saml_metadata\": \"<a/>\", \"more\": 1}"]
    {
        assert!(Service::from_json(text).is_err(), "{text}");
    }
}
