//! Sessions of SAML services end.

use super::sp::Sp;
use crate::oidc::logout::{received, relying_service, revoke_certificate};
use crate::support::relying::{Browser, Service, identity};
use crate::support::{Installation, Stopwatch};
use serde_json::json;
use std::time::Duration;

/// Login by SAML, login by OpenID Connect, revocation: both sessions are dead, and both services told within two seconds.
#[tokio::test]
async fn a_revoked_card_ends_the_sessions_of_both_protocols() {
    let mut installation = Installation::start("saml-revoked");
    let (listener, acceptor) = relying_service(&mut installation).await;
    let origin = format!("https://localhost:{}", listener.local_addr().unwrap().port());
    let soap = format!(
        "<md:SingleLogoutService Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:SOAP\" Location=\"{origin}/soap\"/>"
    );
    let saml = Sp::register(&installation, "sp", &[], &soap);
    let oidc = Service::register(&installation, "rp", &json!({"backchannel_logout_uri": format!("{origin}/logout")}));
    let person = installation.person(0, "employee");
    let (one, other) =
        (Browser::new(&installation, Some(identity(&person))), Browser::new(&installation, Some(identity(&person))));
    let answer = saml.login(&one, &saml.login_url(&[], "")).await;
    let tokens = other.tokens(&oidc).await;
    let token = tokens["access_token"].as_str().unwrap();

    let told = tokio::spawn(async move {
        let mark = |text: &str| text.contains("logout_token=") || text.contains("</s:Envelope>");
        [received(&listener, &acceptor, mark).await, received(&listener, &acceptor, mark).await]
    });
    revoke_certificate(&installation, &person).await;
    let watch = Stopwatch::start();
    assert_eq!(oidc.userinfo(token).await.0, 401, "at once");
    let silent = one.follow(&saml.login_url(&[("IsPassive", "true")], "")).await.1;
    assert!(saml.open(&silent).says("urn:oasis:names:tc:SAML:2.0:status:NoPassive"));
    let told = tokio::time::timeout(Duration::from_secs(10), told).await.unwrap().unwrap();
    assert!(watch.elapsed() < Duration::from_secs(4), "{:?}", watch.elapsed());
    let request = told.iter().find(|text| text.contains("POST /soap")).expect("the SAML service is told");
    assert!(request.contains(&format!("<samlp:SessionIndex>{}<", answer.session())), "{request}");
    assert!(request.contains(answer.text("saml:NameID")) && request.contains("<ds:Signature "), "{request}");
    assert!(told.iter().any(|text| text.contains("POST /logout")), "{told:?}");
}

/// A service ends its own session, from any browser, and nobody else's.
#[tokio::test]
async fn a_service_ends_its_own_session() {
    let installation = Installation::start("saml-slo");
    let back = |name: &str| {
        format!(
            "<md:SingleLogoutService Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect\" \
             Location=\"https://{name}.example/slo\"/>"
        )
    };
    let service = Sp::register(&installation, "sp", &[], &back("sp"));
    let other = Sp::register(&installation, "other", &[], &back("other"));
    let browser = Browser::new(&installation, Some(identity(&installation.person(0, "employee"))));
    let answer = service.login(&browser, &service.login_url(&[], "")).await;
    let (name, session) = (answer.text("saml:NameID").to_owned(), answer.session());
    let passive = || service.login_url(&[("IsPassive", "true")], "");
    for url in [other.logout_url(&name, &session), service.logout_url("somebody", &session)] {
        let page = browser.get(&url).await;
        let location = page.location.unwrap_or_else(|| panic!("{}", page.body));
        assert!(location.contains(".example/slo?SAMLResponse=") && location.contains("&Signature="), "{location}");
        assert!(service.open(&browser.follow(&passive()).await.1).xml.contains("AuthnStatement"), "alive");
    }
    let stranger = Browser::new(&installation, None);
    let page = stranger.get(&service.logout_url(&name, &session)).await;
    assert!(page.location.unwrap().starts_with("https://sp.example/slo?"));
    let over = service.open(&browser.follow(&passive()).await.1);
    assert!(over.says("urn:oasis:names:tc:SAML:2.0:status:NoPassive"));
}
