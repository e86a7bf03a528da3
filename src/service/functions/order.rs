//! Orders a certificate: shows that every name in it is the agency's, and signs for it.

use super::{load, wrong_stage};
use crate::app::App;
use crate::service::ServiceError;
use crate::service::commit::commit;
use crate::service::officers::Signatory;
use crate::service::permit::{OrderFunction, Permit};
use crate::service::text::{MAX_REASON, one_line};
use domain::access::Role;
use domain::approval::{Approval, ApprovalRule};
use domain::audit::Event;
use domain::changes::{Changes, Stored, Write};
use domain::evidence::{EvidenceError, verify_statement};
use domain::function::{AnyFunction, Function, Ordered, Requested, Wish};
use domain::operation::{Act, ControlEvidence, ControlProof, IssueFunction, Operation};
use domain::{ApprovalId, FunctionId};
use std::collections::BTreeMap;

/// What an officer read in a register about a name.
pub struct RegisterEntry {
    /// The name.
    pub name: String,
    /// Which register.
    pub register: String,
    /// What stands there.
    pub reference: String,
}

/// Looks into the zone of every name that no register shows, and gives the exact operation that the officer signs.
///
/// # Errors
/// [`ServiceError`] if a name is not shown to be the agency's, or the resolver does not answer.
pub async fn prepare(
    app: &App,
    permit: &Permit<OrderFunction>,
    id: &FunctionId,
    entries: Vec<RegisterEntry>,
) -> Result<Operation, ServiceError> {
    let Stored { value: function, .. } = load_own(app, permit, id).await?;
    let now = app.clock.now();
    let mut entries: BTreeMap<_, _> = entries.into_iter().map(|entry| (entry.name.clone(), entry)).collect();
    let mut control = Vec::new();
    for name in function.wish.names() {
        let evidence = match entries.remove(&name) {
            Some(RegisterEntry { register, reference, .. }) => {
                one_line("control.register", &register, MAX_REASON)?;
                one_line("control.reference", &reference, MAX_REASON)?;
                ControlEvidence::Register { register, reference }
            }
            None => look_up(app, &function.wish, &name).await?,
        };
        control.push(ControlProof { name, evidence, at: now });
    }
    if !entries.is_empty() {
        return Err(ServiceError::Invalid { field: "control", problem: "a name that is not in the order".to_owned() });
    }
    let operation = function.operation(&control);
    judge(app, &operation)?;
    Ok(operation)
}

/// Records the signed order and opens its approval.
///
/// # Errors
/// [`ServiceError`]; the statement must be the caller's own, over exactly what [`prepare`] gave, not long ago.
pub async fn order(
    app: &App,
    permit: &Permit<OrderFunction>,
    id: &FunctionId,
    (operation, statement): (&str, String),
) -> Result<AnyFunction, ServiceError> {
    let now = app.clock.now();
    let Stored { value: function, version } = load_own(app, permit, id).await?;
    let signed = judge(app, &read(operation)?)?;
    if function.operation(&signed.control).to_bytes() != operation.as_bytes() {
        return Err(EvidenceError::OtherOperation.into());
    }
    // The caller brings the operation back: what the service says that it saw, it must see.
    for proof in &signed.control {
        if proof.at < now.plus_seconds(-LONGEST_UNTIL_SIGNED_SECONDS) {
            return Err(domain::function::ControlFault::Stale(proof.name.clone()).into());
        }
        if matches!(proof.evidence, ControlEvidence::Dns { .. })
            && look_up(app, &function.wish, &proof.name).await? != proof.evidence
        {
            return Err(EvidenceError::OtherOperation.into());
        }
    }
    let hash = function.operation(&signed.control).hash();
    let signatory = Signatory::of(app, &statement).await?;
    let officer = verify_statement(&statement, Act::Order, hash, &signatory, now)?.officer;
    if officer.person != *permit.person() || officer.tenant != *permit.tenant() {
        return Err(EvidenceError::NotAnOfficer.into());
    }
    if !officer.roles.contains(&Role::FunctionAdministrator) {
        return Err(EvidenceError::WrongRole { role: Role::FunctionAdministrator }.into());
    }
    let event = Event::new("function.ordered", permit.actor(), id.as_str(), now)
        .in_tenant(permit.tenant())
        .with("operation", hash)
        .with("control", methods(&signed.control));
    let approval_id = ApprovalId::from_random(app.entropy.random16());
    let ordered =
        function.order(Ordered { control: signed.control, statement, approval: approval_id.clone(), at: now });
    let approval = open_approval(app, &ordered, approval_id);
    let ordered = AnyFunction::Ordered(ordered);
    let changes = Changes::recording(event)
        .write(Write::NewApproval(approval))
        .write(Write::Function { new: ordered.clone(), seen: version });
    commit(app, changes).await?;
    Ok(ordered)
}

fn read(operation: &str) -> Result<Operation, ServiceError> {
    let read = Operation::from_bytes(operation.as_bytes());
    read.map_err(|_| EvidenceError::Malformed("operation").into())
}

/// The order in an operation, which the policy in force must accept.
fn judge(app: &App, operation: &Operation) -> Result<IssueFunction, ServiceError> {
    let Operation::IssueFunction(order) = operation else { return Err(EvidenceError::OtherOperation.into()) };
    app.policies.get().functions.accept_order(order, app.clock.now())?;
    Ok(order.clone())
}

/// What a name's zone says now.
async fn look_up(app: &App, wish: &Wish, name: &str) -> Result<ControlEvidence, ServiceError> {
    let not_shown = || domain::function::ControlFault::NotShown(name.to_owned());
    let (Some(zones), true) = (&app.zones, wish.subject.dns_names.iter().any(|host| host == name)) else {
        return Err(not_shown().into());
    };
    let at = format!("{CHALLENGE_LABEL}.{name}");
    match zones.says(&at, &wish.challenge).await {
        Ok(true) => Ok(ControlEvidence::Dns { record: wish.challenge.clone() }),
        Ok(false) => Err(not_shown().into()),
        Err(error) => {
            tracing::warn!(error = %anyhow::Error::from(error), "a challenge could not be looked up");
            Err(ServiceError::Busy)
        }
    }
}

fn methods(control: &[ControlProof]) -> String {
    let dns = control.iter().filter(|proof| matches!(proof.evidence, ControlEvidence::Dns { .. })).count();
    format!("dns {dns}, register {}", control.len() - dns)
}

fn open_approval(app: &App, function: &Function<Ordered>, id: ApprovalId) -> Approval {
    let operation = function.operation().to_bytes();
    Approval {
        id,
        tenant: function.wish.tenant.clone(),
        operation: String::from_utf8(operation).expect("operations are JSON text"),
        rule: ApprovalRule {
            role: Role::Approver,
            needed: app.config.enrolment.approvals_needed,
            excluded: function.excluded().into(),
        },
        expires_at: app.clock.now().plus_days(app.policies.get().functions.approval_days.into()),
        signatures: Vec::new(),
        used_at: None,
    }
}

/// Whoever asked for it orders it, too.
async fn load_own(
    app: &App,
    permit: &Permit<OrderFunction>,
    id: &FunctionId,
) -> Result<Stored<Function<Requested>>, ServiceError> {
    let row = load(app, permit.tenant(), id).await?;
    let AnyFunction::Requested(value) = row.value else { return Err(wrong_stage("requested", &row.value)) };
    if value.wish.ordered_by != *permit.person() {
        return Err(EvidenceError::FourEyes.into());
    }
    Ok(Stored { value, version: row.version })
}

/// Where in the zone of a name the challenge stands, as TXT.
pub const CHALLENGE_LABEL: &str = "_sigill-challenge";
/// How long an officer may take to sign what was prepared, in seconds.
const LONGEST_UNTIL_SIGNED_SECONDS: i64 = 3_600;
