//! What a service is told, by categories and registration.

use super::world::{PNR, World, holder};
use federation::oidc::claims::{Holder, Number};
use federation::saml::attribute::{ALL, release, value};
use federation::saml::response::Status;
use federation::saml::service::Origin;
use std::collections::BTreeSet;

fn friendly(origin: Origin, category: &str, holder: &Holder) -> Result<BTreeSet<&'static str>, Status> {
    let world = World::with(origin, |text| text.replace("@CATEGORY@", category));
    let names = release(&world.service, holder)?;
    Ok(ALL.iter().filter(|known| names.contains(known.name)).map(|known| known.friendly).collect())
}

fn set(names: &[&'static str]) -> BTreeSet<&'static str> {
    names.iter().copied().collect()
}

#[test]
fn categories_decide_for_services_of_a_federation() {
    for (category, told) in [
        (
            "http://id.elegnamnden.se/ec/1.0/loa3-pnr",
            set(&["sn", "givenName", "displayName", "personalIdentityNumber", "dateOfBirth"]),
        ),
        (
            "http://id.swedenconnect.se/ec/1.0/loa3-orgid",
            set(&["displayName", "orgAffiliation", "o", "organizationIdentifier"]),
        ),
        ("http://id.swedenconnect.se/ec/1.0/loa3-name", set(&["sn", "givenName", "displayName"])),
        ("https://other.example/category", set(&[])),
    ] {
        assert_eq!(friendly(Origin::Federation, category, &holder()), Ok(told), "{category}");
    }
    let unknown = "http://id.swedenconnect.se/ec/1.0/loa3-hsaid";
    assert_eq!(friendly(Origin::Federation, unknown, &holder()), Err(Status::RequestDenied), "no category is ours");
}

#[test]
fn the_registration_decides_for_services_of_our_agencies() {
    assert_eq!(friendly(Origin::Local, "https://other.example/category", &holder()), Ok(set(&["givenName"])));
}

/// The minimum data set, with agency; the persistent name is the identifier.
#[test]
fn the_eidas_node_is_told_the_minimum_data_set_and_the_agency() {
    let category = "http://id.elegnamnden.se/ec/1.0/eidas-naturalperson";
    let told = friendly(Origin::Federation, category, &holder()).unwrap();
    assert_eq!(told, set(&["sn", "givenName", "dateOfBirth", "orgAffiliation", "o", "organizationIdentifier"]));
}

#[test]
fn coordination_numbers_need_an_opt_in() {
    let number = |digits: &str| Holder { number: Number::Coordination(digits.to_owned()), ..holder() };
    let category = "http://id.elegnamnden.se/ec/1.0/loa3-pnr";
    let person = number("195001619802");
    assert!(!friendly(Origin::Federation, category, &person).unwrap().contains("personalIdentityNumber"));
    let both = format!(
        "{category}</saml:AttributeValue><saml:AttributeValue>\
         http://id.swedenconnect.se/general-ec/1.0/accepts-coordination-number"
    );
    assert!(friendly(Origin::Federation, &both, &person).unwrap().contains("personalIdentityNumber"));
    assert_eq!(value(&person, "urn:oid:1.3.6.1.5.5.7.9.1").as_deref(), Some("1950-01-01"), "60 less");
    assert_eq!(value(&number("195000619802"), "urn:oid:1.3.6.1.5.5.7.9.1"), None, "no month is known");
}

/// What a service cannot do without and must not have ends the login.
#[test]
fn a_required_attribute_that_cannot_be_told_is_refused() {
    let required =
        format!("<md:RequestedAttribute Name=\"{PNR}\" isRequired=\"true\"/></md:AttributeConsumingService>");
    let world = World::with(Origin::Local, |text| text.replace("</md:AttributeConsumingService>", &required));
    assert!(release(&world.service, &holder()).unwrap().contains(PNR));
    let person = Holder { number: Number::Coordination("195001619802".to_owned()), ..holder() };
    assert_eq!(release(&world.service, &person), Err(Status::RequestDenied));
}

#[test]
fn organisations_are_ten_digits_and_affiliations_scoped() {
    assert_eq!(value(&holder(), "urn:oid:2.5.4.97").as_deref(), Some("2021000001"));
    assert_eq!(value(&holder(), "urn:oid:1.2.752.201.3.1").as_deref(), Some("asa@2021000001"));
    assert_eq!(value(&holder(), "urn:oid:2.5.4.20"), None, "not known here");
}
