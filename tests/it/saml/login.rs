//! Logins that SAML services ask for.

use super::sp::Sp;
use crate::oidc::login::events;
use crate::support::Installation;
use crate::support::relying::{Browser, identity};
use reqwest::StatusCode;

const GIVEN_NAME: &str = "urn:oid:2.5.4.42";
const PNR: &str = "urn:oid:1.2.752.29.4.13";
const AFFILIATION: &str = "urn:oid:1.2.752.201.3.1";
const STATUS: &str = "urn:oasis:names:tc:SAML:2.0:status";
const TRANSIENT: &str = "<samlp:NameIDPolicy Format=\"urn:oasis:names:tc:SAML:2.0:nameid-format:transient\"/>";

fn browser(installation: &Installation) -> Browser {
    Browser::new(installation, Some(identity(&installation.person(0, "employee"))))
}

/// What was agreed to, at the level, for this request, from this address, and in the log by name only.
#[tokio::test]
async fn a_login_tells_what_was_agreed_to() {
    let installation = Installation::start("saml-login");
    let service = Sp::register(&installation, "sp", &[GIVEN_NAME, AFFILIATION], "");
    let other = Sp::register(&installation, "other", &[], "");
    let browser = browser(&installation);
    let (_, page) = browser.follow(&service.login_url(&[], "")).await;
    assert!(page.body.contains("Tjänsten sp") && page.body.contains("Förnamn"), "{}", page.body);
    assert!(page.policy.contains("form-action 'self' https://sp.example;"), "{}", page.policy);
    let answer = service.login(&browser, &service.login_url(&[], "")).await;
    assert_eq!(answer.relay_state, "rs-1");
    assert!(answer.attribute(GIVEN_NAME).is_some() && answer.attribute(PNR).is_none(), "{}", answer.xml);
    assert!(answer.attribute(AFFILIATION).unwrap().contains('@'));
    assert_eq!(answer.text("saml:AuthnContextClassRef"), "http://id.swedenconnect.se/loa/1.0/uncertified-loa3");
    assert!(answer.xml.contains("<saml:Audience>https://sp.example/saml</saml:Audience>"), "{}", answer.xml);
    assert!(answer.xml.contains("Address=\"127.0.0.1\"") || answer.xml.contains("Address=\"::1\""), "{}", answer.xml);
    assert_eq!(answer.xml.matches("<saml:AuthnStatement").count(), 1);
    assert_eq!(answer.xml.matches("<saml:SubjectConfirmation ").count(), 1);

    let name = answer.text("saml:NameID").to_owned();
    let again = service.login(&browser, &service.login_url(&[], "")).await;
    assert_eq!(again.text("saml:NameID"), name, "persistent");
    let elsewhere = other.login(&browser, &other.login_url(&[], "")).await;
    assert_ne!(elsewhere.text("saml:NameID"), name, "of one service");
    assert!(!elsewhere.xml.contains("AttributeStatement"), "nothing was asked for");
    let once = service.login(&browser, &service.login_url(&[], TRANSIENT)).await;
    let twice = service.login(&browser, &service.login_url(&[], TRANSIENT)).await;
    assert_ne!(once.text("saml:NameID"), twice.text("saml:NameID"), "transient");

    let events = events(&installation, "login.completed");
    assert_eq!(events.len(), 5);
    let told = events[0].to_string();
    assert!(told.contains(GIVEN_NAME) && told.contains("https://sp.example/saml"), "{told}");
    assert!(!told.contains(&answer.attribute(GIVEN_NAME).unwrap()), "names, not values: {told}");
}

/// SAML Profiles section 4.1.4.5; and requests of nobody, or for somewhere else, end on a page of ours.
#[tokio::test]
async fn a_request_counts_once_and_only_here() {
    let installation = Installation::start("saml-once");
    let service = Sp::register(&installation, "sp", &[], "");
    let browser = browser(&installation);
    let url = service.login_url(&[], "");
    service.login(&browser, &url).await;
    let (_, again) = browser.follow(&url).await;
    assert_eq!(again.status, StatusCode::BAD_REQUEST, "{}", again.body);
    for wrong in [
        url.replace("/saml/login", "/saml/logout"),
        url.replace("RelayState=rs-1", "RelayState=rs-2"),
        format!("{}/saml/login", service.issuer()),
        service.login_url(&[("AssertionConsumerServiceURL", "https://evil.example/acs")], ""),
    ] {
        let (_, page) = browser.follow(&wrong).await;
        assert_eq!(page.status, StatusCode::BAD_REQUEST, "{wrong}: {}", page.body);
        assert!(!page.body.contains("SAMLResponse"));
    }
}

/// The holder says no, another person was asked for, no level fits: the service is told, and nobody is logged in.
#[tokio::test]
async fn refusals_are_told_to_the_service() {
    let installation = Installation::start("saml-refusals");
    let service = Sp::register(&installation, "sp", &[], "");
    let browser = browser(&installation);
    let cancelled = service.decide(&browser, &service.login_url(&[], ""), "refuse").await;
    assert!(cancelled.says("http://id.elegnamnden.se/status/1.0/cancel"), "{}", cancelled.xml);

    let somebody = format!(
        "<samlp:Extensions><psc:PrincipalSelection xmlns:psc=\"http://id.swedenconnect.se/authn/1.0/principal-selection/ns\">\
         <psc:MatchValue Name=\"{PNR}\">{}</psc:MatchValue></psc:PrincipalSelection></samlp:Extensions>",
        testkit::identity_number(77)
    );
    let (at, proof) = browser.reach_consent(&service.login_url(&[], &somebody)).await;
    let page = browser.post(&at, &[("proof", &proof), ("answer", "accept")], service.issuer()).await;
    assert!(page.body.contains("Tjänsten väntar på en annan person"), "{}", page.body);
    assert!(service.open(&page).says(&format!("{STATUS}:UnknownPrincipal")));

    let level = "<samlp:RequestedAuthnContext><saml:AuthnContextClassRef \
                 xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\">http://id.elegnamnden.se/loa/1.0/loa4\
                 </saml:AuthnContextClassRef></samlp:RequestedAuthnContext>";
    let (_, page) = browser.follow(&service.login_url(&[], level)).await;
    assert!(service.open(&page).says(&format!("{STATUS}:NoAuthnContext")));
    assert!(events(&installation, "login.completed").is_empty());
}

/// The rules of OpenID Connect's `prompt=none`: the session of this service, and what was agreed to.
#[tokio::test]
async fn a_passive_login_needs_the_session_of_this_service() {
    let installation = Installation::start("saml-passive");
    let service = Sp::register(&installation, "sp", &[GIVEN_NAME], "");
    let other = Sp::register(&installation, "other", &[], "");
    let browser = browser(&installation);
    let passive = [("IsPassive", "true")];
    let no = format!("{STATUS}:NoPassive");
    let silently = async |sp: &Sp, attributes: &[(&str, &str)], content: &str| {
        sp.open(&browser.follow(&sp.login_url(attributes, content)).await.1)
    };
    assert!(silently(&service, &passive, "").await.says(&no));
    let first = service.login(&browser, &service.login_url(&[], "")).await;
    let second = silently(&service, &passive, "").await;
    assert_eq!(second.session(), first.session());
    assert_eq!(second.text("saml:NameID"), first.text("saml:NameID"));
    assert!(silently(&service, &[("IsPassive", "true"), ("ForceAuthn", "true")], "").await.says(&no));
    assert!(silently(&service, &passive, TRANSIENT).await.says(&no), "another kind of name");
    assert!(silently(&other, &passive, "").await.says(&no), "another service");
}
