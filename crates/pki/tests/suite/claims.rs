//! What is claimed of qualified certificates: all that EN 319 412-5 asks, or nothing.

use pki::issue::{LintIssuer, Request, lint, prepare};
use pki::profile::{Claims, Profile, ProfileError};
use pki::{CertificateDer, KeyKind};

use crate::world::{World, anna, contains, now, serial};

#[test]
fn nothing_is_claimed_by_a_service_that_may_not() {
    for (profile, der) in World::new().certificates() {
        assert!(!claims(&der), "{profile}");
    }
}

#[test]
fn only_signatures_seals_and_their_authorities_are_qualified() {
    let mut claiming: Vec<_> = World::qualified().certificates().into_iter().filter(|(_, der)| claims(der)).collect();
    claiming.sort_by_key(|(profile, _)| *profile);
    let names: Vec<_> = claiming.iter().map(|(profile, _)| *profile).collect();
    let authorities = ["issuing-ca-function", "issuing-ca-person"];
    let leaves =
        ["legal-person-seal", "person-signature-loa4", "person-signature-remote", "person-signature-short-term"];
    assert_eq!(names, [&authorities[..], &leaves].concat());
    for (profile, der) in claiming {
        let leaf = !authorities.contains(&profile);
        assert_eq!(contains(&der, QC_COMPLIANCE), leaf, "{profile}");
        assert_eq!(contains(&der, NCP_PLUS), !leaf, "{profile}: it stands in the place of NCP+");
    }
}

/// Whether a statement or a policy of qualified certificates stands anywhere.
fn claims(der: &CertificateDer) -> bool {
    [QUALIFIED_STATEMENTS, QUALIFIED_POLICIES].into_iter().any(|arc| contains(der, arc))
}

/// The signature profile after one replacement, for a service that may claim.
fn changed(from: &str, to: &str) -> Result<Profile, ProfileError> {
    let text = include_str!("../../../../policies/profiles/person-signature-loa4.toml");
    assert!(text.contains(from), "{from}");
    Profile::with_claims(&text.replace(from, to), Claims::Qualified)
}

/// The hexadecimal TBSCertificate of a person's signature certificate.
fn signature(profile: &Profile) -> String {
    let mut world = World::qualified();
    let key = world.key("card-2", KeyKind::EcP256);
    let (subject, not_after) = (anna(), now().plus_days(365));
    let request = Request { profile, subject: &subject, key: &key, serial: serial(9), not_before: now(), not_after };
    let tbs = prepare(&request, &world.person).unwrap();
    let octets = tbs.as_bytes().iter().fold(String::new(), |text, octet| text + &format!("{octet:02X}"));
    lint(tbs, profile, LintIssuer::from(&world.person)).unwrap();
    octets
}

#[test]
fn a_qualified_signature_states_this_octet_by_octet() {
    let profile = changed("repository.example.se/pds-", "pki.example.se/pds_").unwrap();
    assert!(signature(&profile).contains(STATEMENTS));
}

#[test]
fn limit_and_retention_stand_where_the_profile_says_so() {
    let limit = "limit = { currency = \"SEK\", amount = 0, exponent = 0 }";
    let profile = changed("limit = \"absent\"", limit).unwrap();
    assert!(signature(&profile).contains("3015060604008E460102300B130353454B020100020100"));
    let profile = changed("retention_years = \"absent\"", "retention_years = 10").unwrap();
    assert!(signature(&profile).contains("300B060604008E46010302010A"));
}

#[test]
fn ceilings_hold_for_claims_too() {
    for (from, to, refused) in [
        ("\"0.4.0.194112.1.2\"", "\"0.4.0.194112.1.0\"", "qualified.certificate_policies"),
        ("\"0.4.0.194112.1.2\"", "\"0.4.0.194112.1.2\", \"0.4.0.194112.1.0\"", "qualified.certificate_policies"),
        ("\"0.4.0.194112.1.2\"", "\"0.4.0.2042.1.2\"", "qualified.certificate_policies"),
        ("\"0.4.0.194112.1.2\"", "\"1.3.6.1.4.1.32473.1.2.1\"", "qualified.certificate_policies"),
        ("type = \"esign\"", "type = \"eseal\"", "qualified.type"),
        ("type = \"esign\"", "type = \"none\"", "qualified.type"),
        ("device = true", "device = false", "qualified.certificate_policies"),
        ("key_origin = \"card\"", "key_origin = \"software\"", "qualified.device"),
        ("language = \"en\"", "language = \"de\"", "qualified.disclosure"),
        ("language = \"sv\"", "language = \"SV\"", "qualified.disclosure"),
        ("language = \"sv\"", "language = \"en\"", "qualified.disclosure"),
        ("https://repository.example.se/pds-sv", "http://repository.example.se/pds-sv", "qualified.disclosure"),
        ("limit = \"absent\"", "limit = { currency = \"kr\", amount = 1, exponent = 0 }", "qualified.limit"),
        ("purpose = \"person-signature\"", "purpose = \"person-authentication\"", "extensions.key_usage"),
    ] {
        match changed(from, to) {
            Err(ProfileError::Ceiling { field, .. }) => assert_eq!(field, refused, "{to}"),
            other => panic!("{to}: {other:?}"),
        }
    }
}

#[test]
fn a_ca_keeps_its_ordinary_policies_and_states_nothing() {
    let text = include_str!("../../../../policies/profiles/issuing-ca-person.toml");
    let table = text.find("[qualified]").unwrap();
    for (from, to, refused) in [
        ("\"0.4.0.2042.1.2\"", "\"0.4.0.2042.1.3\"", "qualified.certificate_policies"),
        ("device = false", "device = true", "qualified"),
        ("type = \"none\"", "type = \"esign\"", "qualified.type"),
    ] {
        let changed = format!("{}{}", &text[..table], text[table..].replace(from, to));
        match Profile::with_claims(&changed, Claims::Qualified) {
            Err(ProfileError::Ceiling { field, .. }) => assert_eq!(field, refused, "{to}"),
            other => panic!("{to}: {other:?}"),
        }
    }
}

/// 0.4.0.1862.1, the arc of EN 319 412-5's statements.
const QUALIFIED_STATEMENTS: &str = "04008E4601";
/// 0.4.0.194112, the arc of EN 319 411-2's policies.
const QUALIFIED_POLICIES: &str = "04008BEC40";
const QC_COMPLIANCE: &str = "3008060604008E460101";
const NCP_PLUS: &str = "060604008F7A0102";
/// `QcCompliance`, `QcSSCD`, `QcType` esign, `QcPDS` in English and Swedish, semantics of natural persons.
const STATEMENTS: &str = concat!(
    "30819E3008060604008E4601013008060604008E4601043013060604008E4601063009060704008E46010601305C060604008E46010530523027",
    "162168747470733A2F2F706B692E6578616D706C652E73652F7064735F656E2E7064661302656E3027162168747470733A2F2F706B692E657861",
    "6D706C652E73652F7064735F73762E70646613027376301506082B06010505070B023009060704008BEC490101",
);
