//! What is said of a holder: by scopes and the claims parameter, within the registration.

use super::client::Client;
use super::{Code, OidcError};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// What is known of the holder of a card. Each is told only if it is asked for, registered and accepted.
#[derive(Clone, PartialEq, Eq)]
pub struct Holder {
    /// Given name, as in the register.
    pub given_name: String,
    /// Surname, as in the register.
    pub family_name: String,
    /// Personal or coordination number, twelve digits.
    pub number: Number,
    /// Legal name of the agency.
    pub organisation: String,
    /// Its organisation number, ten digits without hyphen.
    pub organisation_number: String,
    /// The person's id within the agency.
    pub affiliation: String,
    /// First second of the credential, Unix time.
    pub valid_from: i64,
    /// Last second of the credential, Unix time.
    pub valid_to: i64,
}

/// An identity number. Two claims, not one (OIDC Sweden claims section 2.2).
#[derive(Clone, PartialEq, Eq)]
pub enum Number {
    /// Personnummer.
    Personal(String),
    /// Samordningsnummer.
    Coordination(String),
    /// Not to be told: the holder's personal data is protected, and the affiliation is the identifier.
    Withheld,
}

/// Logs must not say who somebody is.
impl std::fmt::Debug for Holder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Holder")
    }
}

/// The claims parameter (OpenID Connect Core section 5.5).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimsRequest {
    /// Wanted in the ID token.
    #[serde(default)]
    pub id_token: BTreeMap<String, Option<Wanted>>,
    /// Wanted at the UserInfo endpoint.
    #[serde(default)]
    pub userinfo: BTreeMap<String, Option<Wanted>>,
}

/// How a claim is wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wanted {
    /// Whether the relying service cannot do without.
    #[serde(default)]
    pub essential: bool,
    /// The only value that will do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
    /// The only values that will do, best first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub values: Option<Vec<Value>>,
}

/// Which claims a login gives, and where. Names only: values are read anew each time they are told.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Release {
    /// In the ID token.
    pub id_token: BTreeSet<String>,
    /// At the UserInfo endpoint.
    pub userinfo: BTreeSet<String>,
}

impl ClaimsRequest {
    /// Reads the parameter.
    ///
    /// # Errors
    /// `invalid_request`.
    pub fn from_json(text: &str) -> Result<Self, OidcError> {
        let wrong = |_| OidcError::request("claims is not a claims request");
        // By way of an object, since an array would do for a struct.
        let members: Map<String, Value> = serde_json::from_str(text).map_err(wrong)?;
        let read: Self = serde_json::from_value(Value::Object(members)).map_err(wrong)?;
        if read.id_token.len() + read.userinfo.len() > MAX_CLAIMS {
            return Err(OidcError::request("claims asks for too much"));
        }
        Ok(read)
    }

    /// The `acr` that is essential, if one is: its values, best first.
    pub fn essential_acr(&self) -> Option<Vec<String>> {
        let wanted = self.id_token.get("acr")?.as_ref().filter(|wanted| wanted.essential)?;
        let values = wanted.value.iter().chain(wanted.values.iter().flatten());
        Some(values.filter_map(Value::as_str).map(str::to_owned).collect())
    }

    /// The `sub` that the login must have, if one is demanded (OpenID Connect Core section 5.5.1).
    pub fn demanded_subject(&self) -> Option<&str> {
        self.id_token.get("sub")?.as_ref()?.value.as_ref()?.as_str()
    }
}

impl Release {
    /// Decides what a login gives: what is asked for by scope and claims parameter, if a registered scope covers it and
    /// the holder has it.
    ///
    /// # Errors
    /// `access_denied` if an essential claim cannot be given, or not with the value that is demanded.
    pub fn decide(
        client: &Client,
        scopes: &BTreeSet<String>,
        claims: &ClaimsRequest,
        holder: &Holder,
    ) -> Result<Self, OidcError> {
        let allowed: BTreeSet<&str> = client.scopes.iter().flat_map(|scope| of_scope(scope)).copied().collect();
        let gives = |name: &str| {
            let released = (allowed.contains(name) || EVENT.contains(&name))
                && (name != COORDINATION_NUMBER || client.accepts_coordination_number);
            released && holder.value(name).is_some()
        };
        let mut release = Self::default();
        let by_scope = scopes.iter().flat_map(|scope| of_scope(scope)).filter(|name| gives(name));
        release.userinfo.extend(by_scope.map(|name| (*name).to_owned()));
        for (asked, into) in [(&claims.id_token, &mut release.id_token), (&claims.userinfo, &mut release.userinfo)] {
            for (name, wanted) in asked.iter().filter(|(name, _)| NAMES.contains(&name.as_str())) {
                if gives(name) {
                    check_value(name, wanted.as_ref(), holder)?;
                    into.insert(name.clone());
                } else if wanted.as_ref().is_some_and(|wanted| wanted.essential) {
                    return Err(OidcError::new(Code::AccessDenied, "an essential claim cannot be released"));
                }
            }
        }
        Ok(release)
    }

    /// All names, in order.
    pub fn names(&self) -> BTreeSet<&str> {
        self.id_token.iter().chain(&self.userinfo).map(String::as_str).collect()
    }
}

impl Holder {
    /// The value of a claim, if the holder has one.
    pub fn value(&self, name: &str) -> Option<Value> {
        let text = |text: &str| Some(Value::from(text));
        match name {
            "name" => text(&format!("{} {}", self.given_name, self.family_name)),
            "given_name" => text(&self.given_name),
            "family_name" => text(&self.family_name),
            PERSONAL_NUMBER => match &self.number {
                Number::Personal(number) => text(number),
                Number::Coordination(_) | Number::Withheld => None,
            },
            COORDINATION_NUMBER => match &self.number {
                Number::Coordination(number) => text(number),
                Number::Personal(_) | Number::Withheld => None,
            },
            ORG_AFFILIATION => text(&format!("{}@{}", self.affiliation, self.organisation_number)),
            ORG_NAME => text(&self.organisation),
            ORG_NUMBER => text(&self.organisation_number),
            VALID_FROM => Some(self.valid_from.into()),
            VALID_TO => Some(self.valid_to.into()),
            _ => None,
        }
    }

    /// Claims with these names.
    pub fn values<'a>(&self, names: impl IntoIterator<Item = &'a String>) -> Map<String, Value> {
        names.into_iter().filter_map(|name| Some((name.clone(), self.value(name)?))).collect()
    }
}

fn check_value(name: &str, wanted: Option<&Wanted>, holder: &Holder) -> Result<(), OidcError> {
    let Some(wanted) = wanted else { return Ok(()) };
    let has = holder.value(name);
    let is = |value: &Value| has.as_ref() == Some(value);
    let other_value = wanted.value.as_ref().is_some_and(|value| !is(value));
    let no_value = wanted.values.as_ref().is_some_and(|values| !values.iter().any(is));
    // A login of somebody else than asked for is of no use; without `essential` a value is a hint only.
    if wanted.essential && (other_value || no_value) {
        return Err(OidcError::new(Code::AccessDenied, "the holder is not the one that was asked for"));
    }
    Ok(())
}

/// The claims behind a scope (OIDC Sweden claims section 3, OpenID Connect Core section 5.4).
fn of_scope(scope: &str) -> &'static [&'static str] {
    SCOPES.iter().find(|(name, _)| *name == scope).map_or(&[], |(_, claims)| claims)
}

/// Whether this provider knows the scope.
pub fn is_scope(scope: &str) -> bool {
    SCOPES.iter().any(|(name, _)| *name == scope)
}

/// Every scope with its claims.
pub const SCOPES: &[(&str, &[&str])] = &[
    ("openid", &[]),
    ("profile", &["name", "given_name", "family_name"]),
    ("https://id.oidc.se/scope/naturalPersonInfo", &["name", "given_name", "family_name"]),
    ("https://id.oidc.se/scope/naturalPersonNumber", &[PERSONAL_NUMBER, COORDINATION_NUMBER]),
    ("https://id.oidc.se/scope/naturalPersonOrgId", &["name", ORG_AFFILIATION, ORG_NAME, ORG_NUMBER]),
];

/// Every claim about a holder that can be asked for.
pub const NAMES: &[&str] = &[
    "name",
    "given_name",
    "family_name",
    PERSONAL_NUMBER,
    COORDINATION_NUMBER,
    ORG_AFFILIATION,
    ORG_NAME,
    ORG_NUMBER,
    VALID_FROM,
    VALID_TO,
];
/// Claims about the login rather than the person: any client may ask.
const EVENT: &[&str] = &[VALID_FROM, VALID_TO];

const PERSONAL_NUMBER: &str = "https://id.oidc.se/claim/personalIdentityNumber";
const COORDINATION_NUMBER: &str = "https://id.oidc.se/claim/coordinationNumber";
const ORG_AFFILIATION: &str = "https://id.oidc.se/claim/orgAffiliation";
const ORG_NAME: &str = "https://id.oidc.se/claim/orgName";
const ORG_NUMBER: &str = "https://id.oidc.se/claim/orgNumber";
const VALID_FROM: &str = "https://id.oidc.se/claim/credentialValidFrom";
const VALID_TO: &str = "https://id.oidc.se/claim/credentialValidTo";
/// More claims than there are.
const MAX_CLAIMS: usize = 64;
