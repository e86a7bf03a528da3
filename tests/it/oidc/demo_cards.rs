//! `sigill demo cards`: what is listed is what happens.

use super::cards::check_url;
use crate::support::Installation;
use crate::support::relying::{Browser, identity};
use serde_json::Value;

/// Each card answers as the list says, in a browser's form too; asked again, the same cards are listed.
#[tokio::test]
async fn demo_cards_are_in_their_states() {
    let installation = Installation::start("demo-cards");
    let said = installation.sigill(&["demo", "cards"]);
    let list = installation.data().join("demo/cards/cards.json");
    let cards: Vec<Value> = serde_json::from_slice(&std::fs::read(list).unwrap()).unwrap();
    let states: Vec<&str> = cards.iter().map(|card| card["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["good", "signature", "loa3", "revoked", "not-activated", "coordination-number"]);
    for card in &cards {
        let (state, answer) = (card["state"].as_str().unwrap(), card["answer"].as_str().unwrap());
        assert!(said.contains(state) && said.contains(card["pkcs12_password"].as_str().unwrap()), "{said}");
        let page = Browser::new(&installation, Some(identity(card))).get(&check_url(&installation)).await;
        let expected = if answer == "login" { card["name"].as_str().unwrap() } else { answer };
        assert_eq!(page.status.is_success(), answer == "login", "{state}: {}", page.body);
        assert!(page.body.contains(expected), "{state}: {}", page.body);
        let pkcs12 = std::fs::read(card["pkcs12"].as_str().unwrap()).unwrap();
        let password = card["pkcs12_password"].as_str().unwrap();
        let read = openssl::pkcs12::Pkcs12::from_der(&pkcs12).unwrap().parse2(password).unwrap();
        let pem = std::fs::read(card["certificate"].as_str().unwrap()).unwrap();
        assert_eq!(read.cert.unwrap(), openssl::x509::X509::from_pem(&pem).unwrap());
    }
    assert_eq!(installation.sigill(&["demo", "cards"]), said);
}
