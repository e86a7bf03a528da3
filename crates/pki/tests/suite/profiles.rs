//! The profiles of the repository: approved texts, and files that must be refused.

use pki::profile::{Claims, Profile, ProfileError, Profiles};
use pki::{KeyKind, Purpose};
use testkit::{golden, golden_files};

use crate::render::render;
use crate::world::{World, profiles};

/// The whole certificate of each profile, as an auditor would read it, claimed to be qualified or not.
#[test]
fn every_profile_gives_the_approved_certificate() {
    let mut ordinary = World::new();
    let plain = ordinary.certificates();
    let mut names: Vec<_> = plain.iter().map(|(profile, _)| format!("{profile}.txt")).collect();
    for (profile, der) in &plain {
        golden(&format!("pki/{profile}.txt"), &render(der));
    }
    let mut known: Vec<_> = ordinary.profiles.iter().map(|profile| format!("{}.txt", profile.name())).collect();
    known.sort();
    names.sort();
    assert_eq!(known, names, "a profile has no approved text");
    // Only what the claims change has a second text.
    for ((profile, der), (_, before)) in World::qualified().certificates().iter().zip(&plain) {
        let (text, before) = (render(der), render(before));
        if text != before {
            golden(&format!("pki/{profile}.qualified.txt"), &text);
            names.push(format!("{profile}.qualified.txt"));
        }
    }
    names.sort();
    assert_eq!(golden_files("pki"), names, "an approved text belongs to no profile");
}

#[test]
fn persons_hold_keys_of_cards_and_servers_live_a_week() {
    let profiles = profiles(Claims::Ordinary);
    assert_eq!(profiles.get("tls-server").unwrap().max_days(), 7);
    let person = profiles.get("person-signature-loa4").unwrap();
    assert_eq!(person.purpose(), Purpose::PersonSignature);
    assert!(!person.allows(KeyKind::Rsa2048));
}

/// Text of the authentication profile after one replacement.
fn changed(from: &str, to: &str) -> Result<Profile, ProfileError> {
    let text = include_str!("../../../../policies/profiles/person-authentication-loa4.toml");
    assert!(text.contains(from), "{from}");
    Profile::from_toml(&text.replace(from, to))
}

#[test]
fn unknown_and_missing_fields_are_refused() {
    for (from, to) in [
        ("revision = 2\n", ""),
        ("revision = 2", "revision = 2\nextra = 2"),
        ("waive = []", ""),
        ("\"ec-p256\", ", "\"ec-p521\", "),
        ("\"digitalSignature\"", "\"dataEncipherment\""),
    ] {
        assert!(matches!(changed(from, to), Err(ProfileError::Syntax(_))), "{from:?} to {to:?}");
    }
}

#[test]
fn ceilings_hold_whatever_the_file_says() {
    for (from, to, refused) in [
        ("max_days = 1826", "max_days = 3653", "validity.max_days"),
        ("max_days = 1826", "max_days = 0", "validity.max_days"),
        ("backdate_minutes = 0", "backdate_minutes = 1", "validity.backdate_minutes"),
        ("\"ec-p256\", \"ec-p384\", \"rsa-3072\"", "", "key.allow"),
        ("\"ec-p256\", ", "\"ed25519\", ", "key.allow"),
        ("\"digitalSignature\"", "\"digitalSignature\", \"nonRepudiation\"", "extensions.key_usage"),
        ("critical = true", "critical = false", "extensions.key_usage"),
        ("\"clientAuth\"", "\"serverAuth\"", "extensions.extended_key_usage"),
        ("\"clientAuth\"", "", "extensions.extended_key_usage"),
        ("path_length = \"absent\"", "path_length = 0", "extensions.path_length"),
        ("ocsp = \"issuer\"", "ocsp = \"none\"", "extensions"),
        ("ocsp_no_check = false", "ocsp_no_check = true", "extensions.ocsp_no_check"),
        ("semantics = \"natural-person\"", "semantics = \"none\"", "extensions.semantics"),
        ("\"0.4.0.2042.1.2\"", "\"1.3.6.1.4.1.32473.1.1.1\"", "extensions.certificate_policies"),
        ("\"0.4.0.2042.1.2\"", "\"0.4.0.194112.1.2\"", "extensions.certificate_policies"),
        ("\"0.4.0.2042.1.2\"", "\"2.5.29.32.0\"", "extensions.certificate_policies"),
        ("[\"clientAuth\"], critical = false", "[\"clientAuth\"], critical = true", "extensions.extended_key_usage"),
        ("private_key_usage_days = \"absent\"", "private_key_usage_days = 30", "extensions.private_key_usage_days"),
        ("validity_assured = false", "validity_assured = true", "extensions.validity_assured"),
        ("\"0.4.0.2042.1.2\"", "\"9.9\"", "extensions.certificate_policies"),
        ("https://repository.example.se/cps", "file:///etc/passwd", "extensions.cps_uri"),
        ("value = \"SE\"", "value = \"Sverige\"", "subject"),
        ("value = \"SE\"", "value = \"SE\"\nfrom = \"country\"", "subject"),
        ("from = \"person.serial_number\"", "value = \"PNOSE-196408233234\"", "subject"),
        ("from = \"person.serial_number\"", "from = \"person.title\"", "subject"),
        ("from = \"organisation.number\"", "value = \"NTRSE-2021005521\"", "subject"),
        ("from = \"person.display_name\"", "value = \"Anna Almkvist\"", "subject"),
        ("value = \"SE\"", "from = \"person.title\"", "subject"),
        ("key_origin = \"card\"", "key_origin = \"applicant\"", "key_origin"),
        ("name = \"person-authentication-loa4\"", "name = \"../x\"", "name"),
        ("revision = 2", "revision = 0", "revision"),
        (
            "waive = []",
            "waive = [{ name = \"x\", reason = \"y\", from = \"2026-01-01T00:00:00Z\", until = \"2026-02-01T00:00:00Z\" }]",
            "lints.waive",
        ),
    ] {
        match changed(from, to) {
            Err(ProfileError::Ceiling { field, .. }) => assert_eq!(field, refused, "{to}"),
            other => panic!("{to}: {other:?}"),
        }
    }
}

#[test]
fn a_file_is_named_after_its_profile_and_stands_alone() {
    let text = include_str!("../../../../policies/profiles/root-ca.toml");
    let read = |names: &[&str]| Profiles::from_toml_files(names.iter().map(|name| (*name, text)));
    assert!(read(&["root-ca.toml"]).is_ok());
    assert!(read(&["/etc/sigill/profiles/root-ca.toml"]).is_ok());
    assert!(matches!(read(&["root.toml"]), Err(ProfileError::Misnamed { .. })));
    assert!(matches!(read(&["root-ca.toml", "root-ca.toml"]), Err(ProfileError::Duplicate { .. })));
}
