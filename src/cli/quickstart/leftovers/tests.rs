//! One test a leftover: a production configuration that is good but for it.

use super::*;
use crate::ceremony::script::Script;
use crate::ceremony::service_file::{Service, render};
use crate::cli::quickstart::{demo, layout::Layout, ports::Ports};

/// A production installation in a folder of its own, with nothing of a demo.
struct Production {
    folder: PathBuf,
    config: Config,
}

impl Production {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("sigill-leftovers-{name}-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("policies/profiles")).unwrap();
        let layout = Layout::new(&folder).unwrap();
        let script = Script::from_toml(&demo::script(Ports::new(9000).unwrap(), &hsm::Module::Auto)).unwrap();
        let text = render(&script, &Service::after_ceremony("sqlite:///nowhere/sigill.db"), &layout);
        let mut config: Config = toml::from_str(&text).unwrap();
        config.mode = Mode::Production;
        config.signer.spawn = None;
        config.hsm.token_label = "agency-services".to_owned();
        for issuer in &mut config.issuers {
            issuer.certificate = folder.join(format!("{}.pem", issuer.name));
            std::fs::write(&issuer.certificate, certificate("Agency CA")).unwrap();
        }
        Self { folder, config }
    }

    fn refused(&self) -> Leftover {
        refuse_demo_leftovers(&self.config).unwrap_err()
    }
}

impl Drop for Production {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.folder).unwrap();
    }
}

fn certificate(common_name: &str) -> String {
    let mut parameters = rcgen::CertificateParams::default();
    parameters.distinguished_name.push(rcgen::DnType::CommonName, common_name);
    let key = rcgen::KeyPair::generate().unwrap();
    parameters.self_signed(&key).unwrap().pem()
}

#[test]
fn a_clean_installation_is_accepted() {
    let production = Production::new("clean");
    assert_eq!(refuse_demo_leftovers(&production.config), Ok(()));
}

#[test]
fn a_demo_may_have_everything() {
    let mut demo = Production::new("demo");
    std::fs::write(demo.folder.join(MANIFEST), "{}").unwrap();
    demo.config.mode = Mode::Demo;
    assert_eq!(refuse_demo_leftovers(&demo.config), Ok(()));
}

#[test]
fn a_test_ca_is_refused() {
    let production = Production::new("ca");
    let path = production.config.issuers[1].certificate.clone();
    std::fs::write(&path, certificate("TEST Sigill Person LoA4 CA v1")).unwrap();
    let name = "TEST Sigill Person LoA4 CA v1".to_owned();
    assert_eq!(production.refused(), Leftover::TestAuthority { path, name });
}

#[test]
fn a_ca_that_cannot_be_read_is_refused() {
    let production = Production::new("unreadable");
    let path = production.config.issuers[0].certificate.clone();
    std::fs::remove_file(&path).unwrap();
    assert_eq!(production.refused(), Leftover::UnreadableAuthority { path });
}

#[test]
fn a_folder_of_quickstart_is_refused() {
    for name in [MANIFEST, PEOPLE, UNFINISHED] {
        let production = Production::new("folder");
        let path = production.folder.join(name);
        std::fs::write(&path, "{}").unwrap();
        assert_eq!(production.refused(), Leftover::Manifest { path });
    }
}

#[test]
fn a_signer_that_the_demo_founded_is_refused() {
    let production = Production::new("signer");
    let path = production.folder.join("signer/signer.toml");
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, "mode = \"production\"\n").unwrap();
    assert_eq!(refuse_demo_leftovers(&production.config), Ok(()));
    std::fs::write(&path, "mode = \"demo\"\n").unwrap();
    assert_eq!(production.refused(), Leftover::DemoSigner { path });
}

#[test]
fn the_demo_profile_is_refused() {
    let production = Production::new("profile");
    let path = production.folder.join("policies/profiles/demo-software-authentication.toml");
    std::fs::write(&path, "").unwrap();
    assert_eq!(production.refused(), Leftover::DemoProfile { path });
}

#[test]
fn a_transcript_that_proves_nothing_is_refused() {
    let production = Production::new("transcript");
    let path = production.folder.join(TRANSCRIPT);
    std::fs::write(&path, "{}").unwrap();
    assert!(matches!(production.refused(), Leftover::UnsoundTranscript { path: named, .. } if named == path));
}

#[test]
fn the_embedded_token_is_refused() {
    let mut production = Production::new("embedded");
    production.config.hsm.module = hsm::Module::Embedded;
    assert_eq!(production.refused(), Leftover::EmbeddedToken);
}

#[test]
fn a_token_of_the_demo_is_refused() {
    let mut production = Production::new("token");
    production.config.hsm.token_label = "sigill-service".to_owned();
    assert_eq!(production.refused(), Leftover::DemoToken { label: "sigill-service".to_owned() });
}
