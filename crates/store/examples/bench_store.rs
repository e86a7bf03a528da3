//! Issuances per second and CPU per issuance, for one store at 1, 8 and 32 clients.
//!
//! `cargo run --release -p store --example bench_store -- sqlite:///tmp/bench.db` or a
//! `postgres://` URL; with `--server-pid PID` the CPU of PostgreSQL's postmaster and its children
//! is added. One issuance is two commits, as the service makes them: two intents with an event;
//! two certificates with an event, the approval's use and the application's next stage.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

use anyhow::{Context, Result, bail};
use domain::access::Role;
use domain::approval::{Approval, ApprovalRule, ApprovalSignature};
use domain::audit::{Actor, Event};
use domain::card::{Card, CardState};
use domain::certificate::{CertificateRef, Holder, Intent};
use domain::changes::{Changes, Version, Write};
use domain::enrolment::{AnyEnrolment, Approved, Enrolment, Submitted};
use domain::operation::{DocumentKind, IdentityProof, PlannedProfile, ProofMethod};
use domain::people::{Employment, Person, Tenant};
use domain::ports::Store;
use domain::{CardNumber, PersonId, TenantId};
use pki::SubjectFacts;
use pki::profile::Purpose;
use pki::serial::SerialNumber;
use pki::time::UtcTime;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;
use tokio::task::JoinSet;

const PURPOSES: [Purpose; 2] = [Purpose::PersonAuthentication, Purpose::PersonSignature];
const ISSUANCES: u64 = 4000;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let url = arguments.next().context("usage: bench_store URL [--server-pid PID]")?;
    let server = match (arguments.next().as_deref(), arguments.next()) {
        (None, _) => None,
        (Some("--server-pid"), Some(pid)) => Some(pid.parse::<u32>()?),
        _ => bail!("usage: bench_store URL [--server-pid PID]"),
    };
    let store = store::open(&url).await?;
    let run = SerialNumber::from_random(random()).to_string();
    let world = World::create(&*store, &run[..8]).await?;
    println!("clients  issuances/s  ms CPU each  of it server");
    let mut next = 0;
    for clients in [1, 8, 32] {
        let cases = world.approved(&*store, next, ISSUANCES).await?;
        next += ISSUANCES;
        measure(&store, clients, cases, server).await?;
    }
    Ok(())
}

/// Runs `cases` spread over `clients` and prints what they cost.
#[expect(
    clippy::disallowed_methods,
    clippy::cast_precision_loss,
    reason = "a benchmark reads the clock and counts little"
)]
async fn measure(store: &Arc<dyn Store>, clients: usize, mut cases: Vec<Case>, server: Option<u32>) -> Result<()> {
    let count = cases.len();
    let (cpu, server_cpu, begun) = (cpu_ms(std::process::id())?, server_ms(server)?, Instant::now());
    let mut tasks = JoinSet::new();
    for _ in 0..clients {
        let share = cases.split_off(cases.len().saturating_sub(count / clients));
        let store = Arc::clone(store);
        tasks.spawn(async move {
            for case in share {
                store.commit(case.first).await?;
                store.commit(case.second).await?;
            }
            anyhow::Ok(())
        });
    }
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    let seconds = begun.elapsed().as_secs_f64();
    let count = (count - cases.len()) as f64;
    let server_cpu = server_ms(server)? - server_cpu;
    let cpu = cpu_ms(std::process::id())? - cpu + server_cpu;
    println!("{clients:7}  {:11.0}  {:11.3}  {:12.3}", count / seconds, cpu / count, server_cpu / count);
    Ok(())
}

/// The two commits of one issuance.
struct Case {
    first: Changes,
    second: Changes,
}

struct World {
    run: String,
    tenant: TenantId,
    applicant: PersonId,
    officers: [PersonId; 3],
}

impl World {
    async fn create(store: &dyn Store, run: &str) -> Result<Self> {
        let number = ["2021006883", "2021005521", "2021006255", "5560160680", "5562265719"];
        let mut tenant = None;
        for number in number {
            tenant = store.tenant_by_number(&number.parse()?).await?.map(|tenant| tenant.id);
        }
        let id = |name: &str| -> Result<PersonId> { Ok(format!("{name}-{run}").parse()?) };
        let world = Self {
            run: run.to_owned(),
            tenant: format!("bench-{run}").parse()?,
            applicant: id("applicant")?,
            officers: [id("submits")?, id("approves")?, id("delivers")?],
        };
        if tenant.is_some() {
            bail!("the database holds data: give an empty one");
        }
        let mut changes = Changes::recording(event("bench.begun")).write(Write::Tenant(Tenant {
            id: world.tenant.clone(),
            name: "Bench".into(),
            organisation_number: number[0].parse()?,
        }));
        let numbers = ["189001019802", "199001012385", "200002292399", "202402292383"];
        for (person, number) in [&world.applicant].into_iter().chain(&world.officers).zip(numbers) {
            let since = UtcTime::from_unix(0);
            changes = changes
                .write(Write::Person(Person {
                    id: person.clone(),
                    identity_number: number.parse()?,
                    given_name: "Test".into(),
                    surname: "Test".into(),
                }))
                .write(Write::Employment(Employment { tenant: world.tenant.clone(), person: person.clone(), since }));
        }
        store.commit(changes).await?;
        Ok(world)
    }

    /// Approved applications, stored, and the commits that issue their certificates.
    async fn approved(&self, store: &dyn Store, first: u64, count: u64) -> Result<Vec<Case>> {
        let mut cases = Vec::new();
        for n in first..first + count {
            let (enrolment, approval) = self.approve(n)?;
            let card = Card {
                tenant: self.tenant.clone(),
                number: enrolment.card.clone(),
                holder: self.applicant.clone(),
                bound_at: UtcTime::from_unix(0),
                state: CardState::Bound,
            };
            let before = Changes::recording(event("bench.approved"))
                .write(Write::NewCard(card))
                .write(Write::NewApproval(approval.clone()))
                .write(Write::NewEnrolment(AnyEnrolment::Approved(enrolment.clone())));
            store.commit(before).await?;
            cases.push(self.case(enrolment, approval)?);
        }
        Ok(cases)
    }

    fn approve(&self, n: u64) -> Result<(Enrolment<Approved>, Approval)> {
        let [submits, approves, _] = self.officers.clone();
        let at = UtcTime::from_unix(1);
        let card: CardNumber = format!("{}-{n:08}", self.run).parse()?;
        let planned = PURPOSES.map(|p| (p, PlannedProfile { profile: p.as_str().into(), revision: 1 }));
        let subject = SubjectFacts::default().with("person.surname", "Test").with("person.given_name", "Test");
        let submitted = Enrolment::submit(
            (format!("e-{}-{n:08}", self.run).parse()?, self.tenant.clone()),
            (self.applicant.clone(), card),
            subject,
            planned.into(),
            Submitted { by: submits.clone(), at },
        )?;
        let proof = IdentityProof {
            document: DocumentKind::Passport,
            number: "X1".into(),
            expires: "2030-01-01".into(),
            method: ProofMethod::InPerson,
            place: "Test".into(),
        };
        let jws = "x".repeat(2500);
        let approval = Approval {
            id: format!("a-{}-{n:08}", self.run).parse()?,
            tenant: self.tenant.clone(),
            operation: "x".repeat(900),
            rule: ApprovalRule {
                role: Role::Approver,
                needed: 1,
                excluded: [submits.clone(), self.applicant.clone()].into(),
            },
            expires_at: UtcTime::from_unix(100),
            signatures: vec![ApprovalSignature { by: approves.clone(), at, statement: jws.clone() }],
            used_at: None,
        };
        let identified = submitted.identify(submits, at, proof, jws, approval.id.clone())?;
        Ok((identified.approve(approves, at)?, approval))
    }

    fn case(&self, enrolment: Enrolment<Approved>, mut approval: Approval) -> Result<Case> {
        let at = UtcTime::from_unix(2);
        approval.used_at = Some(at);
        let mut first = Changes::recording(event("certificate.intended"))
            .write(Write::Approval { new: approval, seen: Version(1) });
        let mut second = Changes::recording(event("certificate.issued"));
        let mut serials = BTreeMap::new();
        for purpose in PURPOSES {
            let serial = SerialNumber::from_random(random());
            let certificate = CertificateRef { issuer: "bench-ca".into(), serial };
            let mut key_fingerprint = [0; 32];
            key_fingerprint[..16].copy_from_slice(&random());
            serials.insert(purpose, serial);
            first = first.write(Write::Intent(Intent {
                certificate: certificate.clone(),
                holder: Holder::Person {
                    tenant: self.tenant.clone(),
                    person: self.applicant.clone(),
                    card: Some(enrolment.card.clone()),
                    enrolment: Some(enrolment.id.clone()),
                },
                purpose,
                profile: purpose.as_str().into(),
                revision: 1,
                key_fingerprint,
                tbs: vec![0x30; 900],
                not_after: UtcTime::from_unix(1_000_000),
                at,
            }));
            let mut der = vec![0x30; 1000];
            der[..16].copy_from_slice(serial.as_bytes());
            second = second.write(Write::Certificate { certificate, der, at });
        }
        let [_, _, delivers] = &self.officers;
        let issued = enrolment.issue(serials, at, delivers, "x".repeat(2500))?;
        let second = second.write(Write::Enrolment { new: AnyEnrolment::Issued(issued), seen: Version(1) });
        Ok(Case { first, second })
    }
}

fn event(kind: &'static str) -> Event {
    Event::new(kind, Actor::System("bench".into()), "o", UtcTime::from_unix(3)).with("profile", "bench")
}

#[expect(clippy::disallowed_methods, reason = "a benchmark needs serials that no other run had")]
fn random() -> [u8; 16] {
    let mut bytes = [0; 16];
    aws_lc_rs::rand::fill(&mut bytes).expect("the system gives random bytes");
    bytes
}

/// User and system time of a process so far, in milliseconds; ticks are 10 ms on Linux.
fn cpu_ms(pid: u32) -> Result<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let fields: Vec<&str> = stat.rsplit(')').next().context("stat")?.split_whitespace().collect();
    Ok((fields[11].parse::<f64>()? + fields[12].parse::<f64>()?) * 10.0)
}

/// The same of a server and its direct children.
fn server_ms(server: Option<u32>) -> Result<f64> {
    let Some(pid) = server else { return Ok(0.0) };
    let mut sum = cpu_ms(pid)?;
    for child in std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"))?.split_whitespace() {
        sum += cpu_ms(child.parse()?)?;
    }
    Ok(sum)
}
