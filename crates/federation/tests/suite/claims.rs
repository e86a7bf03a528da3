//! What is said of a holder.

use crate::world::{World, parameters};
use federation::oidc::authorization::Way;
use federation::oidc::claims::{Holder, Number, Release};
use federation::oidc::{Code, OidcError};
use serde_json::json;
use testkit::identity_number;

const NUMBER: &str = "https://id.oidc.se/claim/personalIdentityNumber";
const COORDINATION: &str = "https://id.oidc.se/claim/coordinationNumber";

fn anna() -> Holder {
    Holder {
        given_name: "Anna".into(),
        family_name: "Öberg".into(),
        number: Number::Personal(identity_number(1)),
        organisation: "Myndigheten".into(),
        organisation_number: "2021006883".into(),
        affiliation: "anna".into(),
        valid_from: 1,
        valid_to: 2,
    }
}

fn decide(world: &World, holder: &Holder, changes: &[(&str, &str)]) -> Result<Release, OidcError> {
    let request = world.read(Way::Front, &parameters(changes)).unwrap();
    Release::decide(&world.client, &request.scopes, &request.claims, holder)
}

/// OIDC Sweden section 3.2: identity claims go to UserInfo unless the ID token is asked for.
#[test]
fn claims_of_scopes_are_told_at_userinfo() {
    let release = decide(&World::new(), &anna(), &[]).unwrap();
    assert_eq!(release.userinfo.iter().collect::<Vec<_>>(), ["family_name", "given_name", "name"]);
    assert!(release.id_token.is_empty());
    let values = anna().values(&release.userinfo);
    assert_eq!(values["name"], "Anna Öberg");
}

#[test]
fn single_claims_go_where_they_are_asked_for() {
    let claims = format!(r#"{{"id_token":{{"{NUMBER}":null}},"userinfo":{{"given_name":{{"essential":true}}}}}}"#);
    let release = decide(&World::new(), &anna(), &[("scope", "openid"), ("claims", &claims)]).unwrap();
    assert_eq!(release.id_token.iter().collect::<Vec<_>>(), [NUMBER]);
    assert_eq!(release.userinfo.iter().collect::<Vec<_>>(), ["given_name"]);
}

#[test]
fn nothing_goes_beyond_the_registration() {
    let world = World::with(&json!({"scope": "openid"}));
    let number = format!(r#"{{"userinfo":{{"{NUMBER}":null,"name":null}}}}"#);
    assert!(decide(&world, &anna(), &[("claims", &number)]).unwrap().names().is_empty());
    let essential = format!(r#"{{"userinfo":{{"{NUMBER}":{{"essential":true}}}}}}"#);
    let refused = decide(&world, &anna(), &[("claims", &essential)]).unwrap_err();
    assert_eq!(refused.code, Code::AccessDenied);
}

/// A coordination number is no personal number, and is told only to those who say that they take it.
#[test]
fn coordination_numbers_need_an_opt_in() {
    let scope = "openid https://id.oidc.se/scope/naturalPersonNumber";
    let coordinated = Holder { number: Number::Coordination("202601612381".into()), ..anna() };
    let release = decide(&World::new(), &coordinated, &[("scope", scope)]).unwrap();
    assert!(release.names().is_empty());
    let opted = World::with(&json!({"accepts_coordination_number": true}));
    let release = decide(&opted, &coordinated, &[("scope", scope)]).unwrap();
    assert_eq!(release.names().into_iter().collect::<Vec<_>>(), [COORDINATION]);
    let release = decide(&opted, &anna(), &[("scope", scope)]).unwrap();
    assert_eq!(release.names().into_iter().collect::<Vec<_>>(), [NUMBER]);
}

#[test]
fn a_demanded_value_that_the_holder_has_not_refuses() {
    let claims = |value: &str, essential: bool| {
        json!({"userinfo": {NUMBER: {"essential": essential, "value": value}}}).to_string()
    };
    let own = identity_number(1);
    let other = identity_number(2);
    assert!(decide(&World::new(), &anna(), &[("claims", &claims(&own, true))]).is_ok());
    assert!(decide(&World::new(), &anna(), &[("claims", &claims(&other, true))]).is_err());
    assert!(decide(&World::new(), &anna(), &[("claims", &claims(&other, false))]).is_ok(), "a hint is no demand");
}
