//! A person with a real browser: login, consent, refusal, logout, and each page that says why a card is of no use, in both
//! languages, on a narrow window and a wide one. Nothing needs script.

use super::cards::{certificate_of, check_url};
use crate::hsm_faults::shim::compile_library;
use crate::support::Installation;
use crate::support::chromium::{Files, Seen, Sight, View, look};
use crate::support::oracle::Oracle;
use crate::support::relying::{REDIRECT, Service, answered};
use crate::support::story::{Agency, Keys};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sigill::clock::{Clock as _, System};
use std::process::Command;

/// A page by name, and what it must say: status and heading, Swedish and English.
struct Expected {
    view: View,
    status: u16,
    heading: [&'static str; 2],
}

fn page(view: View, status: u16, sv: &'static str, en: &'static str) -> Expected {
    Expected { view, status, heading: [sv, en] }
}

/// Looks at pages; each must say what is expected, and be accessible.
fn judge(installation: &Installation, pages: &[Expected]) {
    let views: Vec<View> = pages.iter().map(|page| page.view.clone()).collect();
    let seen = look(&views, &origins(installation), REDIRECT);
    for (page, pair) in pages.iter().zip(seen.chunks(2)) {
        for (sight, seen) in pair {
            let heading = page.heading[usize::from(*sight == Sight::Wide)];
            assert_eq!(seen.told(), format!("{} {} {heading}", page.status, sight.language()));
            seen.must_be_accessible();
        }
    }
}

/// The cards of the table, each in its state.
struct Cards {
    good: Files,
    bound: Files,
    revoked: Files,
    signature: Files,
    stranger: Files,
}

impl Cards {
    async fn make(installation: &Installation) -> Self {
        let (oracle, agency) = (Oracle::new(installation), Agency::new(installation, 0));
        let files = |name: &str, issued: &Value, purpose: &str, key| {
            Files::write(installation, name, &certificate_of(issued, purpose), key)
        };
        let keys = Keys::new();
        let (_, _, issued) = agency.card(&oracle, &keys).await;
        let good = files("good", &issued, "person-authentication", &keys.authentication);
        let signature = files("signature", &issued, "person-signature", &keys.signature);
        let keys = Keys::new();
        let (id, card) = agency.approved(&oracle).await;
        let issued = agency.issue(&oracle, &id, &card, &keys).await;
        let bound = files("bound", &issued, "person-authentication", &keys.authentication);
        let keys = Keys::new();
        let (_, card, issued) = agency.card(&oracle, &keys).await;
        let revoked = files("revoked", &issued, "person-authentication", &keys.authentication);
        agency.revoker.post(&format!("/ra/v1/cards/{card}/revocation"), json!({"reason": "keyCompromise"})).await.ok();
        let other = rcgen::generate_simple_self_signed(vec!["somebody".to_owned()]).unwrap();
        let stranger = Files::write(installation, "stranger", &other.cert.pem(), &other.signing_key);
        Self { good, bound, revoked, signature, stranger }
    }
}

/// Every page, and the four ways out of a login.
#[tokio::test]
async fn a_person_walks_through_every_page() {
    let mut installation = Installation::start("walk");
    approve(&mut installation);
    let logo = format!("data:image/svg+xml;base64,{}", STANDARD.encode(LOGO));
    let registration = json!({
        "client_name#sv": "Ärendeportalen",
        "client_name#en": "The case portal",
        "logo_uri": logo,
        "post_logout_redirect_uris": [REDIRECT],
    });
    let service = Service::register(&installation, "rp", &registration);
    let cards = Cards::make(&installation).await;
    let employee = Files::of(&installation.person(0, "employee"));
    refusals(&installation, &service, &cards, &employee);
    others(&installation, &service, &cards.good);
    ways_out(&installation, &service, &cards.good);

    rename(&installation, "certificate", "certificate_away");
    let unknown = page(
        View::new("status-unknown", &service.login_url(&[])).shown(&cards.good),
        503,
        "Kortets status kan inte kontrolleras",
        "The card's status cannot be checked",
    );
    judge(&installation, &[unknown]);
    rename(&installation, "certificate_away", "certificate");
    let again = View::new("status-known-again", &check_url(&installation)).shown(&cards.good);
    judge(&installation, &[page(again, 200, "Kortet fungerar", "The card works")]);
}

/// Years later the same card has expired; the installation has renewed what is its own, and says so.
#[tokio::test]
async fn a_card_that_has_expired_has_its_page() {
    let mut installation = Installation::start("expired");
    let service = Service::register(&installation, "rp", &json!({}));
    let (oracle, agency) = (Oracle::new(&installation), Agency::new(&installation, 0));
    let keys = Keys::new();
    let (_, _, issued) = agency.card(&oracle, &keys).await;
    let pem = certificate_of(&issued, "person-authentication");
    let card = Files::write(&installation, "card", &pem, &keys.authentication);
    let lasts = pki::Certificate::from_pem(&pem).unwrap().not_after().unix() - System.now().unix();
    installation.stop();
    let later = compile_library(installation.folder(), "later");
    installation
        .set_environment(&[("LD_PRELOAD", later.to_str().unwrap()), ("SECONDS_LATER", &(lasts + 86_400).to_string())]);
    installation.run();
    let expired = View::new("expired", &service.login_url(&[])).shown(&card);
    judge(&installation, &[page(expired, 403, "Kortet har gått ut", "The card has expired")]);
}

/// The decision table.
fn refusals(installation: &Installation, service: &Service, cards: &Cards, employee: &Files) {
    let begin = service.login_url(&[]);
    let highest = service.login_url(&[("acr_values", "http://id.elegnamnden.se/loa/1.0/loa4")]);
    let view = |name: &str, files: &Files| View::new(name, &begin).shown(files);
    judge(
        installation,
        &[
            page(View::new("no-certificate", &begin), 401, "Inget kort hittades", "No card was found"),
            page(
                view("other-issuer", &cards.stranger),
                403,
                "Certifikatet kommer från någon annan",
                "The certificate is somebody else's",
            ),
            page(
                view("signature-certificate", &cards.signature),
                403,
                "Du valde certifikatet för underskrift",
                "You chose the certificate for signatures",
            ),
            page(view("revoked", &cards.revoked), 403, "Kortet är spärrat", "The card is revoked"),
            page(view("not-activated", &cards.bound), 403, "Kortet är inte aktiverat", "The card is not activated"),
            page(
                View::new("level-too-low", &highest).shown(employee),
                403,
                "Kortets tillitsnivå räcker inte",
                "The card's level is not enough",
            ),
        ],
    );
}

/// Pages beside the table.
fn others(installation: &Installation, service: &Service, good: &Files) {
    let issuer = service.issuer();
    let check = check_url(installation);
    let login = |handle: &str| check.replace("/check", &format!("/login?login={handle}"));
    let at = |path: &str| format!("{issuer}{path}");
    judge(
        installation,
        &[
            page(View::new("checked", &check).shown(good), 200, "Kortet fungerar", "The card works"),
            page(View::new("checked-none", &check), 401, "Inget kort hittades", "No card was found"),
            page(View::new("over", &login("nothing")), 410, "Inloggningen är avslutad", "The login is over"),
            page(
                View::new("error", &service.login_url(&[("client_id", "nobody")])),
                400,
                "Det gick inte att logga in",
                "The login did not work",
            ),
            page(View::new("status", &at("/status")), 200, "Driftläge", "Service status"),
            page(View::new("errors", &at("/oidc/errors")), 200, "Vad felkoderna betyder", "What the error codes mean"),
            page(
                View::new("nothing-here", &check.replace("check", "elsewhere")),
                404,
                "Här finns ingenting",
                "There is nothing here",
            ),
            page(View::new("logout", &at("/oidc/end_session")), 200, "Logga ut", "Log out"),
            page(
                View::new("logged-out", &at("/oidc/end_session")).click("main button"),
                200,
                "Du är utloggad",
                "You are logged out",
            ),
        ],
    );
}

/// Yes, no, and giving up; who asks and what is told stands there before; the session is seen and ended.
fn ways_out(installation: &Installation, service: &Service, good: &Files) {
    let begin = service.login_url(&[]);
    let consent =
        page(View::new("consent", &begin).shown(good), 200, "Logga in i Ärendeportalen", "Log in to The case portal");
    judge(installation, &[consent]);
    let views = [
        View::new("accepted", &begin).without_script().shown(good).click("button[value=accept]").leaves(),
        View::new("refused", &begin).without_script().shown(good).click("button[value=refuse]").leaves(),
        View::new("gave-up", &begin).without_script().click(".ways a.second").leaves(),
        View::new("consent-again", &begin).without_script().shown(good).click("header a"),
        View::new("logins", &format!("{}/self", service.issuer())).shown(good),
        View::new("logins-ended", &format!("{}/self", service.issuer())).shown(good).click("main button"),
    ];
    let seen = look(&views, &origins(installation), REDIRECT);
    let of = |view: usize| seen[2 * view..2 * view + 2].iter().map(|(_, seen)| seen).collect::<Vec<&Seen>>();
    assert!(of(0).iter().all(|seen| answered(seen.arrived()).contains_key("code")));
    assert!(of(1).iter().all(|seen| answered(seen.arrived())["error"] == "access_denied"));
    assert!(of(2).iter().all(|seen| answered(seen.arrived())["error"] == "access_denied"));
    let switched = of(3);
    assert_eq!(
        [switched[0].told(), switched[1].told()],
        ["200 en Log in to The case portal", "200 sv Logga in i Ärendeportalen"]
    );
    for seen in switched {
        let text = seen.text();
        assert!(text.contains("Norrsken") && text.contains("Åsa Öberg"), "the agency and the holder: {text}");
    }
    for (seen, buttons) in of(4).into_iter().zip([2, 2]).chain(of(5).into_iter().zip([1, 0])) {
        seen.must_be_accessible();
        assert_eq!(seen.text().matches("portal").count(), buttons, "{}", seen.text());
    }
}

/// As if Digg had approved: only then a higher level can be asked for than a card has.
fn approve(installation: &mut Installation) {
    installation.stop();
    let file = installation.data().join("sigill.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("approval = \"none\"", "approval = \"approved\"")).unwrap();
    installation.run();
}

/// The card's origins.
fn origins(installation: &Installation) -> Vec<String> {
    vec![check_url(installation).replace("/card/check", "")]
}

/// Takes a table away from the running service, or gives it back.
pub(super) fn rename(installation: &Installation, from: &str, to: &str) {
    let sql = format!("PRAGMA busy_timeout = 5000; PRAGMA legacy_alter_table = ON; ALTER TABLE {from} RENAME TO {to};");
    let output = Command::new("sqlite3").arg(installation.data().join("sigill.db")).arg(sql).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// A round picture.
const LOGO: &str = r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 56 56"><circle cx="28" cy="28" r="26" fill="#00498f"/><path d="M16 36V22l12-8 12 8v14z" fill="#fff"/></svg>"##;
