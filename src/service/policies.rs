//! Brings policies into force: only such as two security officers approved in place of those before them.

use crate::app::{App, Policies, StartError};
use crate::policies::PolicyFolder;
use crate::service::ServiceError;
use crate::service::commit::commit;
use crate::service::officers::Signatories;
use domain::PersonId;
use domain::audit::{Actor, Event};
use domain::bundle::LoadedBundle;
use domain::changes::{Changes, Write};
use domain::evidence::{EvidenceError, verify_policies};
use pki::time::UtcTime;
use std::collections::BTreeSet;

/// Why policies did not come into force. Those before them stay.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PoliciesError {
    /// The folder cannot be used.
    #[error(transparent)]
    Folder(#[from] StartError),
    /// No ceremony or quickstart made this database.
    #[error("the database knows no policies: a ceremony records the first")]
    NoneOnRecord,
    /// Officers did not approve them, or not in place of those in force.
    #[error("the policies {bundle} are not approved: two security officers approve them with `sigill policy approve`")]
    NotApproved {
        /// Digest of the bundle.
        bundle: String,
        /// What is wrong.
        #[source]
        source: EvidenceError,
    },
    /// The signer has others.
    #[error("the signer obeys the policies {signer}, this folder holds {bundle}: give both the same")]
    OtherAtSigner {
        /// Digest of the signer's bundle.
        signer: String,
        /// Digest of ours.
        bundle: String,
    },
    /// The signer did not take them, or the store did not keep them.
    #[error("the policies were not taken")]
    Service(#[from] ServiceError),
}

/// Reads the folder again and obeys what is there, the signer first.
///
/// # Errors
/// [`PoliciesError`]; the policies before stay in force here.
pub async fn reload(app: &App) -> Result<String, PoliciesError> {
    let (found, policies) = Policies::read(&app.config.policies)?;
    let bundle = policies.digest.clone();
    let signer = app.signer.reload_policies().await.map_err(ServiceError::from)?;
    if signer != bundle {
        return Err(PoliciesError::OtherAtSigner { signer, bundle });
    }
    take(app, &found).await?;
    app.policies.replace(policies);
    Ok(bundle)
}

/// Policies that are in force change nothing; others are committed with their approval, if officers gave it.
///
/// # Errors
/// [`PoliciesError`]; the policies must not be obeyed then.
pub async fn take(app: &App, found: &PolicyFolder) -> Result<(), PoliciesError> {
    let bundle = found.bundle.digest();
    let store = app.store.policies_in_force().await.map_err(ServiceError::from)?;
    let LoadedBundle { digest: replaces, at: since, .. } = store.ok_or(PoliciesError::NoneOnRecord)?;
    if replaces == bundle {
        return Ok(());
    }
    let approvers = approvers(app, found, &bundle, (&replaces, since)).await?;
    let at = app.clock.now();
    let names = approvers.iter().map(PersonId::as_str).collect::<Vec<_>>().join(" ");
    let event = Event::new("policies.loaded", Actor::System("policies".to_owned()), &bundle, at)
        .with("replaces", &replaces)
        .with("approvers", names);
    let loaded = LoadedBundle { digest: bundle, listing: found.bundle.listing(), approval: found.approval.clone(), at };
    let changes = Changes::recording(event).write(Write::Policies { bundle: loaded, replaces: Some(replaces) });
    commit(app, changes).await.map(drop).map_err(|error| ServiceError::from(error).into())
}

async fn approvers(
    app: &App,
    found: &PolicyFolder,
    bundle: &str,
    replaces: (&str, UtcTime),
) -> Result<BTreeSet<PersonId>, PoliciesError> {
    let not_approved = |source| PoliciesError::NotApproved { bundle: bundle.to_owned(), source };
    let approval = found.approval.as_ref();
    let approval = approval.ok_or_else(|| not_approved(EvidenceError::Mismatch("approval.json is missing")))?;
    let officers = Signatories::of(app, &approval.statements).await?;
    verify_policies(approval, bundle, replaces, &officers, app.clock.now()).map_err(not_approved)
}
