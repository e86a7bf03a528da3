use super::*;
use domain::packages::Packages;

const DEMO: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/policies/ceremony/demo.toml"));
const PRODUCTION: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/policies/ceremony/production.toml"));

#[test]
fn the_demo_has_one_root_first_and_a_ca_of_each_kind() {
    let script = Script::from_toml(DEMO).unwrap();
    let kinds: Vec<_> = script.authorities.iter().map(|ca| ca.kind).collect();
    assert_eq!(
        kinds,
        [IssuerKind::Root, IssuerKind::Person, IssuerKind::Person, IssuerKind::Function, IssuerKind::Infrastructure]
    );
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

/// In production nobody alone opens the root's token, whoever opens the signer's; and it is no demo's token.
#[test]
fn production_splits_the_pin_of_the_root() {
    let unattended = PRODUCTION.replace("unlock = \"quorum\"", "unlock = \"unattended\"");
    let split = |text: &str, host| {
        let script = Script::from_toml(text).unwrap();
        script.split_tokens(host).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(split(&unattended, Host::Root), ["root-v1"]);
    assert_eq!(split(&unattended, Host::Issuing), [""; 0]);
    assert_eq!(split(PRODUCTION, Host::Issuing), ["issuing-v1"]);
    assert_eq!(split(DEMO, Host::Only), [""; 0]);
    let embedded = PRODUCTION.replace("module = \"auto\"", "module = \"embedded\"");
    let refused = Script::from_toml(&embedded).unwrap_err().to_string();
    assert!(refused.contains("the embedded token is for demos"), "{refused}");
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
    let klara = DEMO.split("\nkey = \"").nth(2).unwrap().split('"').next().unwrap();
    let karl = DEMO.split("\nkey = \"").nth(3).unwrap().split('"').next().unwrap();
    let refused = Script::from_toml(&DEMO.replace(karl, klara)).unwrap_err().to_string();
    assert!(refused.contains("have the key"), "{refused}");
    let share_keys: Vec<&str> = DEMO.lines().filter(|line| line.starts_with("share_key = ")).collect();
    let refused = Script::from_toml(&DEMO.replace(share_keys[1], share_keys[0])).unwrap_err().to_string();
    assert!(refused.contains("have the share key"), "{refused}");
    let quorum = DEMO.replace("unlock = \"unattended\"", "unlock = \"quorum\"");
    Script::from_toml(&quorum).unwrap();
    let refused = Script::from_toml(&quorum.replace(share_keys[2], "")).unwrap_err().to_string();
    assert!(refused.contains("kim holds a share of a PIN"), "{refused}");
}
