//! Agencies, the people who work there, and what each may do.

use crate::access::words;
use crate::eligibility::AgencyKind;
use crate::{PersonId, TenantId};
use pki::identifier::{OrganisationNumber, PersonalNumber};
use pki::time::UtcTime;

/// An agency: the owner of everything that is done in its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tenant {
    /// Its key in every table.
    pub id: TenantId,
    /// Legal name, as it stands in certificates.
    pub name: String,
    /// Swedish organisation number.
    pub organisation_number: OrganisationNumber,
    /// What kind of organisation it is; decides whether it may be connected.
    pub kind: AgencyKind,
}

/// A natural person. The identity number is an attribute and never a key: it can change.
#[derive(Clone, PartialEq, Eq)]
pub struct Person {
    /// Internal and permanent.
    pub id: PersonId,
    /// Personnummer or samordningsnummer.
    pub identity_number: PersonalNumber,
    /// Given name, as in the register.
    pub given_name: String,
    /// Surname, as in the register.
    pub surname: String,
    /// How the person's data is protected, if it is: then name and number are for those only who may handle that.
    pub protection: Option<Protection>,
}

words! {
    /// A form of protected personal data (skyddade personuppgifter).
    Protection {
        /// Marked as secret in the register (sekretessmarkering).
        SecrecyMarking = "secrecy-marking",
        /// Registered elsewhere than they live (skyddad folkbokföring).
        ProtectedRegistration = "protected-registration",
        /// Under another identity than the one that they had (fingerade personuppgifter).
        AssumedIdentity = "assumed-identity",
    }
}

impl Person {
    /// What stands in the place of the number where it must not be told: opaque, and the same for ever.
    pub fn employee_identifier(&self) -> String {
        format!("EI:SE-{}", self.id)
    }

    /// Given name and surname.
    pub fn display_name(&self) -> String {
        format!("{} {}", self.given_name, self.surname)
    }
}

/// Shows the id only: a person in a log line must not say who it is.
impl std::fmt::Debug for Person {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Person").field("id", &self.id).finish_non_exhaustive()
    }
}

/// A person's employment at an agency; a person may have several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Employment {
    /// The employer.
    pub tenant: TenantId,
    /// The employee.
    pub person: PersonId,
    /// First day.
    pub since: UtcTime,
    /// Last second; none while no end is known.
    pub until: Option<UtcTime>,
}

impl Employment {
    /// Whether it is over at `now`.
    pub fn is_over(&self, now: UtcTime) -> bool {
        self.until.is_some_and(|until| until < now)
    }
}
