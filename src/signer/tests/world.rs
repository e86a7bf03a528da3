//! An installation in a throw-away folder, with two agencies and their officers.

use super::soft_token::{SetClock, SoftToken, TestToken};
use crate::policies::{PolicyFolder, profiles};
use crate::signer::ceremony::Foundation;
use crate::signer::config::{IssuerKind, IssuerSettings, Mode, SignerConfig, TokenSettings, Unlock};
use crate::signer::core::Core;
use crate::signer::journal::{Head, Verified, verify};
use crate::signer::officers::{OfficerEntry, OfficerList};
use crate::signer::standing::{StandingApproval, StandingList};
use crate::signer::start::StartError;
use crate::signer::token::CaToken;
use domain::access::Role;
use domain::certificate::Holder;
use hsm::{Module, PinSource};
use pki::certificate::Certificate;
use pki::issue::{Issuer, LintIssuer, Request, SubjectFacts, lint, prepare, prepare_root};
use pki::key::{KeyId, KeyKind};
use pki::profile::{Profile, Profiles};
use pki::serial::SerialNumber;
use pki::time::UtcTime;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use testkit::{SoftSigner, TestFolder};

/// The moment at which most of it happens.
pub(super) const NOW: UtcTime = UtcTime::from_unix(1_768_464_000);

/// An installation.
pub(super) struct World {
    /// Removed with the world.
    _folder: TestFolder,
    pub(super) config: SignerConfig,
    token: Arc<dyn TestToken>,
    pub(super) clock: Arc<SetClock>,
    pub(super) cards: SoftSigner,
    pub(super) people: Vec<Person>,
    pub(super) profiles: Profiles,
    pub(super) person_ca: Issuer,
    pub(super) infrastructure_ca: Issuer,
    pub(super) function_ca: Issuer,
    serials: AtomicU64,
}

/// Somebody with a card from the ceremony.
pub(super) struct Person {
    pub(super) id: &'static str,
    pub(super) authentication: Certificate,
    pub(super) signature: Certificate,
}

/// Id, agency, identity number, roles.
type Row = (&'static str, &'static str, &'static str, &'static [Role]);
const PEOPLE: &[Row] = &[
    ("ria", "agency-a", "196408233234", &[Role::RegistrationOfficer]),
    ("anna", "agency-a", "199001012385", &[Role::Approver]),
    ("rolf", "agency-a", "194911172296", &[Role::Approver]),
    ("dan", "agency-a", "200002292399", &[Role::CardDesk]),
    ("fia", "agency-a", "198104059855", &[Role::FunctionAdministrator]),
    ("mia", "agency-a", "189001019802", &[Role::RegistrationOfficer, Role::Approver, Role::CardDesk]),
    ("sara", "agency-a", "202402292383", &[Role::SecurityOfficer]),
    ("sven", "agency-a", "202201612393", &[Role::SecurityOfficer]),
    ("eva", "agency-a", "195006262546", &[]),
    ("bo", "agency-b", "190001019801", &[Role::Approver, Role::RegistrationOfficer, Role::CardDesk]),
];

impl World {
    /// Holds the ceremony with keys in memory.
    pub(super) fn found() -> Self {
        Self::found_on(Arc::new(SoftToken::new()))
    }

    /// As [`found`](Self::found), with the token for faults.
    pub(super) fn with_token() -> (Self, Arc<SoftToken>) {
        let token = Arc::new(SoftToken::new());
        (Self::found_on(Arc::clone(&token) as _), token)
    }

    /// Holds the ceremony with the keys of a token.
    pub(super) fn found_on(token: Arc<dyn TestToken>) -> Self {
        let Founding { mut world, mut foundation } = Self::unclosed(token);
        world.make_cards(&mut foundation);
        foundation.close().unwrap();
        world
    }

    /// Holds the ceremony, but not to its end.
    pub(super) fn unfinished() -> Self {
        Self::unclosed(Arc::new(SoftToken::new())).world
    }

    /// The signer on the state as it is now.
    pub(super) fn core(&self) -> Core {
        self.open().unwrap()
    }

    pub(super) fn open(&self) -> Result<Core, StartError> {
        let token: Arc<dyn CaToken> = Arc::<dyn TestToken>::clone(&self.token);
        Core::open(&self.config, token, Arc::clone(&self.clock) as _)
    }

    /// Sets the clock.
    pub(super) fn set_now(&self, now: UtcTime) {
        *self.clock.0.lock().unwrap() = now;
    }

    /// What nothing that is refused may change: signatures made, and the journal.
    pub(super) fn trace(&self) -> (usize, Verified) {
        (self.signatures(), verify(&self.config.journal()).unwrap())
    }

    pub(super) fn signatures(&self) -> usize {
        self.token.signatures()
    }

    pub(super) fn head(&self) -> Head {
        self.trace().1.head
    }

    pub(super) fn person(&self, id: &str) -> &Person {
        self.people.iter().find(|person| person.id == id).unwrap()
    }

    pub(super) fn profile(&self, name: &str) -> &Profile {
        self.profiles.get(name).unwrap()
    }

    /// A further CA, as a ceremony leaves it: certified by a root, and in the configuration.
    pub(super) fn add_generation(&mut self, name: &str, root: &str, kind: IssuerKind) -> Issuer {
        let folder = self.config.directory.parent().unwrap().to_owned();
        let root_pem = std::fs::read_to_string(folder.join(format!("{root}.pem"))).unwrap();
        let root = issuer(root, Certificate::from_pem(&root_pem).unwrap());
        let (subject, key) =
            (service_facts(&format!("TEST {name}")), self.token.public_key(&KeyId::new(name)).unwrap());
        let profile = self.profile("issuing-ca-person");
        let (not_before, not_after) = (NOW.plus_days(-1), NOW.plus_days(2_500));
        let request = Request { profile, subject: &subject, key: &key, serial: self.serial(), not_before, not_after };
        let tbs = prepare(&request, &root).unwrap();
        let der = lint(tbs, profile, LintIssuer::from(&root)).unwrap().sign(&*self.token).unwrap();
        std::fs::write(folder.join(format!("{name}.pem")), der.to_pem()).unwrap();
        self.config.issuers.push(settings(&folder, name, kind));
        issuer(name, Certificate::parse(der.as_bytes()).unwrap())
    }

    /// A further root, as a ceremony leaves it: in the configuration, and trusted by nobody.
    pub(super) fn add_root(&mut self, name: &str) {
        let path = self.config.directory.parent().unwrap().join(format!("{name}.pem"));
        let (subject, id) = (service_facts(&format!("TEST {name}")), KeyId::new(name));
        let (key, profile) = (self.token.public_key(&id).unwrap(), self.profile("root-ca"));
        let (not_before, not_after) = (NOW.plus_days(-2), NOW.plus_days(3_000));
        let request = Request { profile, subject: &subject, key: &key, serial: self.serial(), not_before, not_after };
        let tbs = prepare_root(&request, &id).unwrap();
        let der = lint(tbs, profile, LintIssuer::SelfSigned).unwrap().sign(&*self.token).unwrap();
        std::fs::write(&path, der.to_pem()).unwrap();
        self.config.anchors.push(path);
    }

    /// A serial that was not used before.
    pub(super) fn serial(&self) -> SerialNumber {
        let mut octets = [0x11; 16];
        octets[8..].copy_from_slice(&self.serials.fetch_add(1, Ordering::SeqCst).to_be_bytes());
        SerialNumber::from_random(octets)
    }

    /// Everybody gets a card.
    fn make_cards(&mut self, foundation: &mut Foundation) {
        for (number, row) in (100_u8..).step_by(2).zip(PEOPLE) {
            let (id, ..) = *row;
            let subject = person_facts(row.1, row.2, id);
            let holder = Holder::Person {
                tenant: row.1.parse().unwrap(),
                person: id.parse().unwrap(),
                card: Some(subject.get("card.number").unwrap().parse().unwrap()),
                enrolment: None,
            };
            let mut certify = |use_of_key: &str, profile: &str, number: u8| {
                let key = self.cards.add(&format!("{id}-{use_of_key}"), KeyKind::EcP256);
                let key = self.cards.public(&key);
                let request = Request {
                    profile: self.profiles.get(profile).unwrap(),
                    subject: &subject,
                    key: &key,
                    serial: SerialNumber::from_random([number; 16]),
                    not_before: NOW.plus_days(-9),
                    not_after: NOW.plus_days(1_000),
                };
                let der = foundation.sign_certificate(&request, &holder, &self.person_ca, &*self.token).unwrap();
                Certificate::parse(der.as_bytes()).unwrap()
            };
            let authentication = certify("authentication", "person-authentication-loa4", number);
            let signature = certify("signature", "person-signature-loa4", number + 1);
            self.people.push(Person { id, authentication, signature });
        }
    }

    fn unclosed(token: Arc<dyn TestToken>) -> Founding {
        let folder = TestFolder::new("signer");
        let config = configuration(folder.path());
        let bundle = PolicyFolder::read(&config.policies).unwrap().bundle;
        let foundation = Foundation::create(&config, &officers(), &StandingList::new(standing()), &bundle).unwrap();
        let profiles = profiles(&bundle).unwrap();
        Founding::begin(folder, config, token, profiles, foundation)
    }
}

/// A world whose ceremony is not over.
struct Founding {
    world: World,
    foundation: Foundation,
}

impl Founding {
    fn begin(
        folder: TestFolder,
        config: SignerConfig,
        token: Arc<dyn TestToken>,
        profiles: Profiles,
        mut foundation: Foundation,
    ) -> Self {
        let root_key = KeyId::new("root");
        let root_public = token.public_key(&root_key).unwrap();
        let subject = service_facts("TEST Root");
        let request = Request {
            profile: profiles.get("root-ca").unwrap(),
            subject: &subject,
            key: &root_public,
            serial: SerialNumber::from_random([200; 16]),
            not_before: NOW.plus_days(-10),
            not_after: NOW.plus_days(3_000),
        };
        let root = foundation.sign_root("root", &request, &root_key, &*token).unwrap();
        std::fs::write(folder.path().join("root.pem"), root.to_pem()).unwrap();
        let root = issuer("root", Certificate::parse(root.as_bytes()).unwrap());
        let mut ca = |name: &str, profile: &str, number: u8| {
            let (subject, key) = (service_facts(&format!("TEST {name}")), token.public_key(&KeyId::new(name)).unwrap());
            let request = Request {
                profile: profiles.get(profile).unwrap(),
                subject: &subject,
                key: &key,
                serial: SerialNumber::from_random([number; 16]),
                not_before: NOW.plus_days(-10),
                not_after: NOW.plus_days(2_500),
            };
            let holder = Holder::Service { key: name.to_owned() };
            let der = foundation.sign_certificate(&request, &holder, &root, &*token).unwrap();
            std::fs::write(folder.path().join(format!("{name}.pem")), der.to_pem()).unwrap();
            issuer(name, Certificate::parse(der.as_bytes()).unwrap())
        };
        let person_ca = ca("person", "issuing-ca-person", 201);
        let infrastructure_ca = ca("infrastructure", "issuing-ca-infrastructure", 202);
        let function_ca = ca("function", "issuing-ca-function", 203);
        let (cards, people, serials) = (SoftSigner::new(), Vec::new(), AtomicU64::new(1));
        let clock = Arc::new(SetClock(Mutex::new(NOW)));
        let world = World {
            _folder: folder,
            config,
            token,
            clock,
            cards,
            people,
            profiles,
            person_ca,
            infrastructure_ca,
            function_ca,
            serials,
        };
        Self { world, foundation }
    }
}

/// A text as digits, for numbers of cards.
pub(super) fn digits(text: &str) -> String {
    text.bytes().flat_map(|b| [b / 100, b / 10 % 10, b % 10]).map(|digit| char::from(b'0' + digit)).collect()
}

/// What the facts of a person are; the card's number follows from the id.
pub(super) fn person_facts(agency: &str, identity_number: &str, id: &str) -> SubjectFacts {
    let digits = digits(id);
    SubjectFacts::default()
        .with("organisation.name", "Test Agency")
        .with("organisation.number", organisation(agency))
        .with("person.surname", "Testsson")
        .with("person.given_name", id)
        .with("person.display_name", &format!("{id} Testsson"))
        .with("person.serial_number", &format!("PNOSE-{identity_number}"))
        .with("card.number", &format!("9752{digits}"))
}

pub(super) fn service_facts(common_name: &str) -> SubjectFacts {
    SubjectFacts::default()
        .with("organisation.name", "Test Operator")
        .with("organisation.number", "2021006883")
        .with("common_name", common_name)
}

/// A server of an organisation.
pub(super) fn server_facts() -> SubjectFacts {
    let name = "diariet.example.se";
    SubjectFacts { dns_names: vec![name.to_owned()], ..service_facts(name) }
}

/// What the listeners' certificate is for.
pub(super) fn tls_facts() -> SubjectFacts {
    SubjectFacts { dns_names: vec!["localhost".to_owned()], ..service_facts("localhost") }
}

/// The officers of the ceremony.
pub(super) fn officers() -> OfficerList {
    OfficerList::new(PEOPLE.iter().filter(|row| !row.3.is_empty()).map(officer).collect()).unwrap()
}

fn standing() -> Vec<StandingApproval> {
    [
        ("infrastructure", "tls-server", tls_facts()),
        ("person", "ocsp-signer", service_facts("TEST OCSP")),
        ("function", "function-server", server_facts()),
        ("function", "legal-person-seal", service_facts("TEST Seal")),
        // A ceremony's mistake: the CA of people does not certify organisations, whatever was allowed.
        ("person", "function-client", service_facts("TEST System")),
    ]
    .map(|(issuer, profile, subject)| StandingApproval {
        issuer: issuer.to_owned(),
        profile: profile.to_owned(),
        subject,
        key: None,
    })
    .into()
}

fn organisation(agency: &str) -> &'static str {
    if agency == "agency-a" { "5560160680" } else { "5562265719" }
}

fn officer(&(id, agency, identity_number, roles): &Row) -> OfficerEntry {
    OfficerEntry {
        person: id.parse().unwrap(),
        tenant: agency.parse().unwrap(),
        serial_number: format!("PNOSE-{identity_number}"),
        organisation: format!("NTRSE-{}", organisation(agency)),
        roles: roles.iter().copied().collect(),
    }
}

fn configuration(folder: &Path) -> SignerConfig {
    SignerConfig {
        mode: Mode::Demo,
        socket: folder.join("run/signer.sock"),
        directory: folder.join("signer"),
        allowed_uid: rustix::process::geteuid().as_raw(),
        approvals_needed: 1,
        policies: policy_folder(),
        unlock: Unlock::Unattended,
        unlock_window_seconds: 60,
        emergency_delay_hours: 72,
        transcripts: Vec::new(),
        token: TokenSettings {
            module: Module::Auto,
            label: "ca".to_owned(),
            serial: None,
            threads: 2,
            pin: Some(PinSource::File(folder.join("pin"))),
            shares: None,
        },
        anchors: vec![folder.join("root.pem")],
        issuers: vec![
            settings(folder, "person", IssuerKind::Person),
            settings(folder, "infrastructure", IssuerKind::Infrastructure),
            settings(folder, "function", IssuerKind::Function),
        ],
    }
}

fn settings(folder: &Path, name: &str, kind: IssuerKind) -> IssuerSettings {
    IssuerSettings {
        name: name.to_owned(),
        key: KeyId::new(name),
        certificate: folder.join(format!("{name}.pem")),
        crl_url: url(name, "crl"),
        ocsp_url: Some("http://localhost/ocsp".to_owned()),
        aia_url: url(name, "crt"),
        kind,
    }
}

fn issuer(name: &str, certificate: Certificate) -> Issuer {
    Issuer {
        name: name.to_owned(),
        key: KeyId::new(name),
        certificate,
        crl_url: url(name, "crl"),
        ocsp_url: Some("http://localhost/ocsp".to_owned()),
        aia_url: url(name, "crt"),
    }
}

fn url(name: &str, end: &str) -> String {
    format!("http://localhost/{name}.{end}")
}

fn policy_folder() -> std::path::PathBuf {
    Path::new(CHECKOUT).join("policies")
}

const CHECKOUT: &str = env!("CARGO_MANIFEST_DIR");
