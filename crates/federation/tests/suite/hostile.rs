//! Whatever comes, nothing panics, and nothing is accepted that was not signed.

use crate::world::{World, clock};
use federation::oidc::Parameters;
use federation::oidc::authorization::{AuthorizationRequest, Way};
use federation::oidc::client::Client;
use federation::oidc::request_object;
use proptest::prelude::*;

proptest! {
    #[test]
    fn any_form_is_read_or_refused(form in proptest::collection::vec(any::<u8>(), 0..400)) {
        let world = World::new();
        if let Ok(parameters) = Parameters::from_form(&form) {
            for way in [Way::Front, Way::Pushed] {
                let read = AuthorizationRequest::read(parameters.clone(), &world.client, (&world.provider, way, clock()));
                prop_assert!(read.is_err(), "no random form is a whole request");
            }
        }
    }

    #[test]
    fn any_text_is_no_request_object(text in "[A-Za-z0-9_.-]{0,200}") {
        let world = World::new();
        prop_assert!(request_object::read(&text, &world.client, &world.provider, clock()).is_err());
    }

    #[test]
    fn any_json_is_registered_or_refused(text in "\\PC{0,200}") {
        prop_assert!(Client::from_json(&text).is_err());
    }

    /// A bit flipped anywhere in a signed object makes it worthless.
    #[test]
    fn a_changed_request_object_is_refused(at in 0usize..300, bit in 0u8..6) {
        let world = World::new();
        let claims = serde_json::json!({"iss": "rp", "aud": crate::world::ISSUER, "exp": crate::world::NOW + 60});
        let mut jws = world.sign(serde_json::json!({"kid": "k1"}), &claims).into_bytes();
        let at = at % jws.len();
        jws[at] ^= 1 << bit;
        if let Ok(jws) = String::from_utf8(jws) {
            prop_assert!(request_object::read(&jws, &world.client, &world.provider, clock()).is_err());
        }
    }
}
