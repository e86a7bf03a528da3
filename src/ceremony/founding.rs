//! What a ceremony gives from the first day: the phases of its agencies, and packages for their first officers.
//!
//! Nobody could propose or decide anything yet. The participants confirmed the file that names agencies and people:
//! that is the decision, and the record says so by naming nobody else.

use super::script::{PlannedAgency, Script};
use crate::clock::Entropy;
use crate::signer::digest::Digest;
use domain::access::Role;
use domain::assignment::{AnyAssignment, Assignment, Training};
use domain::audit::{Actor, Event};
use domain::changes::{Changes, Write};
use domain::onboarding::{Agreement, AnyMove, Move, Phase, Scope};
use domain::packages::Packages;
use domain::{AssignmentId, MoveId, PersonId, TenantId};
use pki::time::UtcTime;
use std::collections::BTreeSet;

/// The agreement and every step of an agency that is in use from the first day.
pub(super) fn connection(
    script: &Script,
    digest: Digest,
    agency: &PlannedAgency,
    (at, entropy): (UtcTime, &dyn Entropy),
) -> Changes {
    let tenant = agency.id.clone();
    let agreement = Agreement {
        tenant: tenant.clone(),
        reference: format!("ceremony {}", script.id),
        sha256: digest.to_string(),
        signatory: "the participants of the ceremony".to_owned(),
        from: at,
        until: None,
        filed_by: None,
        filed_at: at,
    };
    let actor = Actor::System("ceremony".to_owned());
    let event = Event::new("phase.accepted", actor, tenant.as_str(), at).in_tenant(&tenant).with("phase", Phase::Kora);
    let mut changes = Changes::recording(event).write(Write::Agreement(agreement));
    for scope in Scope::ALL {
        for phase in PHASES {
            let id = MoveId::from_random(entropy.random16());
            let step = Move::founded(id, tenant.clone(), (*scope, phase), at, REASON.to_owned());
            changes = changes.write(Write::NewMove(AnyMove::Decided(step)));
        }
    }
    changes
}

/// The packages of a first officer's roles, and the trainings that these ask for.
pub(super) fn rights(
    packages: &Packages,
    (tenant, person): (&TenantId, &PersonId),
    roles: &BTreeSet<Role>,
    (at, entropy): (UtcTime, &dyn Entropy),
) -> Vec<Write> {
    let held = || roles.iter().filter_map(|role| packages.of_role(*role));
    let trainings: BTreeSet<&String> = held().filter_map(|package| package.training.as_ref()).collect();
    let passed = trainings.into_iter().map(|training| {
        Write::Training(Training {
            tenant: tenant.clone(),
            person: person.clone(),
            training: training.clone(),
            passed_at: at,
            recorded_by: None,
            recorded_at: at,
        })
    });
    let given = held().map(|package| {
        let id = AssignmentId::from_random(entropy.random16());
        let assignment = Assignment::founded((id, tenant.clone()), person.clone(), package, at, REASON.to_owned());
        Write::NewAssignment(AnyAssignment::Active(assignment))
    });
    passed.chain(given).collect()
}

/// Every phase up to the one in which certificates are issued.
const PHASES: [Phase; 4] = [Phase::Initiera, Phase::Planera, Phase::Paketera, Phase::Kora];
const REASON: &str = "named in the ceremony's file";
