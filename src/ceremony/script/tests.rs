use super::*;
use domain::packages::Packages;

const DEMO: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/policies/ceremony/demo.toml"));
const PRODUCTION: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/policies/ceremony/production.toml"));

#[test]
fn the_demo_has_one_root_first_and_a_ca_of_each_kind() {
    let script = Script::from_toml(DEMO).unwrap();
    let kinds: Vec<_> = script.authorities.iter().map(|ca| ca.kind).collect();
    assert_eq!(kinds, [IssuerKind::Root, IssuerKind::Person, IssuerKind::Infrastructure]);
    assert_eq!(script.root().name(), "test-sigill-root-ca-v1");
    assert!(script.authorities.iter().all(|ca| ca.common_name.starts_with("TEST ")));
}

#[test]
fn people_hold_roles_that_go_together() {
    let policy = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/policies/access/packages.toml"));
    let policy = Packages::from_toml(policy).unwrap();
    for text in [DEMO, PRODUCTION] {
        let script = Script::from_toml(text).unwrap();
        for (_, person) in script.people() {
            let packages = person.roles.iter().map(|role| policy.of_role(*role).unwrap().name.as_str()).collect();
            assert_eq!(policy.conflict(&packages), None, "{}", person.id);
        }
        let held: BTreeSet<Role> = script.people().flat_map(|(_, person)| person.roles.clone()).collect();
        assert_eq!(held.len(), Role::ALL.len());
    }
}

#[test]
fn the_production_file_as_published_founds_no_production() {
    let (demo, production) = (Script::from_toml(DEMO).unwrap(), Script::from_toml(PRODUCTION).unwrap());
    assert!(production.root_on_own_host && production.mode == Mode::Production);
    let refused = production.refuse_examples(&demo).unwrap_err().to_string();
    assert!(refused.contains("published"), "{refused}");
    demo.refuse_examples(&demo).unwrap();
}

#[test]
fn what_weakens_dual_control_is_refused() {
    let table = [
        ("custodians_needed = 2", "custodians_needed = 1", "at least 2"),
        ("custodians_needed = 2", "custodians_needed = 4", "3 custodians take part"),
        ("id = \"karl\"", "id = \"klara\"", "two participants are klara"),
        ("name = \"TEST Karl Kruse\"", "name = \"TEST Klara Kvist\"", "takes part twice"),
        ("role = \"witness\"", "role = \"auditor\"", "has a witness"),
        ("kind = \"root\"", "kind = \"person\"", "one root comes first"),
        ("software_keys = true", "software_keys = true\nextra = 1", "unknown field"),
    ];
    for (from, to, problem) in table {
        let refused = Script::from_toml(&DEMO.replacen(from, to, 1)).unwrap_err().to_string();
        assert!(refused.contains(problem), "{to}: {refused}");
    }
    let klara = DEMO.split("key = \"").nth(2).unwrap().split('"').next().unwrap();
    let karl = DEMO.split("key = \"").nth(3).unwrap().split('"').next().unwrap();
    let refused = Script::from_toml(&DEMO.replace(karl, klara)).unwrap_err().to_string();
    assert!(refused.contains("have the key"), "{refused}");
}
