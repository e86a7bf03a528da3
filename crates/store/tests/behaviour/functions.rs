//! Orders of certificates for systems and organisations.

use crate::database::Database;
use crate::world::{at, employed, event, human, intent, person, populate, tenant, write};
use domain::approval::{Approval, ApprovalRule, ApprovalSignature};
use domain::certificate::Holder;
use domain::changes::{Changes, Stored, Version, Write};
use domain::function::{AnyFunction, Function, Issued, Keeper, Ordered, Requested, Wish};
use domain::operation::{ControlEvidence, ControlProof, PlannedProfile};
use domain::people::Employment;
use domain::ports::{Conflict, Store, StoreError, Thing};
use domain::revocation::{Requester, Revocation};
use domain::{FunctionId, PersonId};
use pki::SubjectFacts;
use pki::crl::Reason;
use pki::profile::Purpose;

fn id(name: &str) -> FunctionId {
    name.parse().unwrap()
}

fn keeper(who: &str) -> Keeper {
    Keeper { responsible: person(who), contact: "drift@a.example.se".into() }
}

/// Asked for by anna; eva answers for it.
fn requested(name: &str, renews: Option<&str>) -> Function<Requested> {
    let wish = Wish {
        id: id(name),
        tenant: tenant("a"),
        subject: SubjectFacts { dns_names: vec!["a.example.se".into()], ..SubjectFacts::default() },
        certificate: PlannedProfile { profile: "function-server".into(), revision: 1 },
        purpose: Purpose::FunctionServer,
        spki: vec![1, 2, 3],
        challenge: "c".into(),
        renews: renews.map(id),
        ordered_by: person("anna"),
        at: at(10),
    };
    Function::request(wish, keeper("eva"))
}

fn ordered(name: &str) -> Ordered {
    let control =
        ControlProof { name: "a.example.se".into(), evidence: ControlEvidence::Dns { record: "c".into() }, at: at(11) };
    let approval = format!("approval-{name}").parse().unwrap();
    Ordered { control: vec![control], statement: "jws".into(), approval, at: at(12) }
}

fn approval(name: &str) -> Approval {
    Approval {
        id: ordered(name).approval,
        tenant: tenant("a"),
        operation: "{}".into(),
        rule: ApprovalRule {
            role: domain::access::Role::Approver,
            needed: 1,
            excluded: [person("anna"), person("eva")].into(),
        },
        expires_at: at(1_000),
        signatures: vec![ApprovalSignature { by: person("bo"), at: at(13), statement: "jws".into(), reason: None }],
        used_at: None,
    }
}

/// An order from the wish to what awaits approval.
pub(crate) fn ordering(name: &str) -> Vec<Write> {
    let function = requested(name, None);
    let new = AnyFunction::Ordered(function.clone().order(ordered(name)));
    vec![
        Write::NewFunction(AnyFunction::Requested(function)),
        Write::NewApproval(approval(name)),
        Write::Function { new, seen: Version(1) },
    ]
}

async fn read(store: &dyn Store, name: &str) -> Stored<AnyFunction> {
    store.function(&tenant("a"), &id(name)).await.unwrap().unwrap()
}

/// Moves an order on from wherever it is.
async fn advance(store: &dyn Store, name: &str, new: AnyFunction) -> Result<(), StoreError> {
    let seen = read(store, name).await.version;
    write(store, [Write::Function { new, seen }]).await
}

/// An issued function, with its certificate.
async fn issued(store: &dyn Store, name: &str, renews: Option<&str>, days: i64) -> Function<Issued> {
    let function = requested(name, renews);
    write(store, [Write::NewFunction(AnyFunction::Requested(function.clone()))]).await.unwrap();
    let function = function.order(ordered(name));
    let writes = [
        Write::NewApproval(approval(name)),
        Write::Function { new: AnyFunction::Ordered(function.clone()), seen: read(store, name).await.version },
    ];
    write(store, writes).await.unwrap();
    let function = function.approve(person("bo"), at(14)).unwrap();
    advance(store, name, AnyFunction::Approved(function.clone())).await.unwrap();
    let number = name.bytes().last().unwrap();
    let mut intent = intent(number.into());
    intent.holder = Holder::Function { tenant: tenant("a"), function: id(name) };
    intent.key_fingerprint = [number; 32];
    let certificate = intent.certificate.clone();
    let key = (certificate.issuer.clone(), certificate.serial);
    let function = function.issue(key, at(0).plus_days(days), at(15));
    write(store, [Write::Intent(intent)]).await.unwrap();
    let seen = read(store, name).await.version;
    let writes = [
        Write::Certificate { certificate, der: vec![number], at: at(15), personal: false },
        Write::Function { new: AnyFunction::Issued(function.clone()), seen },
    ];
    write(store, writes).await.unwrap();
    function
}

pub(crate) async fn an_order_passes_every_stage(database: &Database) {
    let store = &*database.store;
    populate(store).await;
    let function = issued(store, "f1", None, 90).await;
    let row = read(store, "f1").await;
    assert_eq!(row.value, AnyFunction::Issued(function.clone()));
    let certificate = domain::certificate::CertificateRef {
        issuer: function.stage().issuer.clone(),
        serial: function.stage().serial,
    };
    let record = store.certificate(&certificate).await.unwrap().unwrap();
    assert_eq!(record.intent.holder, Holder::Function { tenant: tenant("a"), function: id("f1") });
    let kept = AnyFunction::Issued(function.kept_by(keeper("bo")));
    let stale = Write::Function { new: kept.clone(), seen: domain::changes::Version(1) };
    assert!(matches!(write(store, [stale]).await, Err(StoreError::Stale { .. })));
    advance(store, "f1", kept.clone()).await.unwrap();
    assert_eq!(read(store, "f1").await.value, kept, "others may answer for it");
    for stage in [None, Some("issued")] {
        assert_eq!(store.functions(&tenant("a"), stage, None, 10).await.unwrap().len(), 1);
    }
    assert!(store.functions(&tenant("a"), Some("ordered"), None, 10).await.unwrap().is_empty());
    assert!(store.functions(&tenant("a"), None, Some(&id("f1")), 10).await.unwrap().is_empty());
    assert!(store.function(&tenant("b"), &id("f1")).await.unwrap().is_none(), "another agency's");
    assert!(store.exists(Thing::Function(&id("f1"))).await.unwrap());
    for sql in ["UPDATE function_order SET subject = 'x'", "UPDATE function_order SET not_after = 1"] {
        assert!(database.run(sql).await.unwrap_err().contains("final"), "{sql}");
    }
    assert!(database.run("DELETE FROM function_order").await.unwrap_err().contains("append_only"));
}

/// The tables hold it, whatever the program thinks.
pub(crate) async fn who_orders_or_answers_does_not_approve(database: &Database) {
    let store = &*database.store;
    populate(store).await;
    write(store, [Write::NewFunction(AnyFunction::Requested(requested("f1", None)))]).await.unwrap();
    let function = requested("f1", None).order(ordered("f1"));
    let seen = read(store, "f1").await.version;
    let new = AnyFunction::Ordered(function.clone());
    write(store, [Write::NewApproval(approval("f1")), Write::Function { new, seen }]).await.unwrap();
    let by = |who: &str| {
        let stage = domain::function::Approved { ordered: ordered("f1"), by: person(who), at: at(14) };
        AnyFunction::Approved(Function::restore(function.wish.clone(), function.keeper.clone(), stage))
    };
    for who in ["anna", "eva"] {
        let refused = advance(store, "f1", by(who)).await;
        assert!(matches!(refused, Err(StoreError::Conflict(Conflict::FourEyes))), "{who}");
    }
    advance(store, "f1", by("bo")).await.unwrap();
}

/// What ends soon, and what nobody answers for any more; not what was revoked or renewed.
pub(crate) async fn functions_in_want_are_found(database: &Database) {
    let store = &*database.store;
    populate(store).await;
    write(store, [Write::Person(human("nina", 4)), employed("a", "nina")]).await.unwrap();
    let soon = issued(store, "f1", None, 20).await;
    issued(store, "f2", None, 300).await;
    let left = issued(store, "f3", None, 300).await;
    advance(store, "f3", AnyFunction::Issued(left.kept_by(keeper("nina")))).await.unwrap();
    let wanting = || async {
        let rows = store.functions_in_want(&tenant("a"), (at(100), at(0).plus_days(30)), 10).await.unwrap();
        rows.into_iter().map(|row| row.value.wish().id.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(wanting().await, ["f1"]);
    ends(store, &person("nina")).await;
    assert_eq!(wanting().await, ["f1", "f3"]);
    issued(store, "f4", Some("f1"), 300).await;
    assert_eq!(wanting().await, ["f3"], "renewed");
    let Stored { value, .. } = read(store, "f3").await;
    let stage = value.issued().unwrap();
    let certificate = domain::certificate::CertificateRef { issuer: stage.issuer.clone(), serial: stage.serial };
    let requester = Requester::Person(person("bo"));
    let revocation = Revocation { certificate, reason: Reason::Superseded, at: at(50), requester };
    write(store, [Write::Revocation(revocation)]).await.unwrap();
    assert!(wanting().await.is_empty(), "revoked");
    assert_eq!(soon.keeper, keeper("eva"));
}

async fn ends(store: &dyn Store, who: &PersonId) {
    let employment = Employment { tenant: tenant("a"), person: who.clone(), since: at(0), until: Some(at(50)) };
    let write = Write::EmploymentEnd { employment, closed: false };
    store.commit(Changes::recording(event("test.ended")).write(write)).await.unwrap();
}
