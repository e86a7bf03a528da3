//! Why a ceremony stops.

use super::files::FileError;
use super::script::ScriptError;
use super::step::Step;
use super::transcript::verify::Unsound;
use crate::signer::ceremony::CeremonyError;
use crate::signer::digest::Digest;
use crate::signer::unlock::shared_pin::SharedPinError;
use domain::ports::StoreError;
use hsm::HsmError;
use pki::certificate::CertificateError;
use pki::crl::CrlError;
use pki::key::SignError;
use pki::profile::ProfileError;

/// Why a ceremony stops. What was done stays done and is in the transcript; the same command goes on from there.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file cannot be used.
    #[error(transparent)]
    File(#[from] FileError),
    /// The ceremony's file is refused.
    #[error(transparent)]
    Script(#[from] ScriptError),
    /// The ceremony's file is not valid at this time.
    #[error("the ceremony's file is valid from {from} to {until}, and now it is {now}: have a new one reviewed")]
    NotNow {
        /// First second.
        from: pki::time::UtcTime,
        /// Last second.
        until: pki::time::UtcTime,
        /// Now.
        now: pki::time::UtcTime,
    },
    /// The ceremony's file is another one than before.
    #[error("{what} is for the ceremony file {found}, and this one is {wanted}")]
    OtherScript {
        /// What was made for another file.
        what: &'static str,
        /// The file it was made for.
        found: String,
        /// This file.
        wanted: String,
    },
    /// An answers file that is none.
    #[error("answers: {0}")]
    Answers(String),
    /// A participant whose code is not theirs.
    #[error("this is not the code of {participant}: it does not belong to the key in the ceremony's file")]
    WrongCode {
        /// Whose it should be.
        participant: String,
    },
    /// Too few people confirmed.
    #[error("step {step} is not confirmed: {missing}")]
    Unconfirmed {
        /// Which step.
        step: Step,
        /// Who or what is missing.
        missing: String,
    },
    /// The folder holds a finished ceremony.
    #[error("{0} holds the transcript of a finished ceremony: a ceremony is held once, take another folder")]
    Finished(String),
    /// Something lies where the ceremony is to put its secrets.
    #[error("{0} is not empty: a ceremony begins in a folder of its own")]
    Occupied(String),
    /// The token refuses.
    #[error("token {token}")]
    Token {
        /// Its label.
        token: String,
        /// Why.
        #[source]
        source: HsmError,
    },
    /// A PIN cannot be split, or not be put together.
    #[error(transparent)]
    SharedPin(#[from] SharedPinError),
    /// A key on a token is not the one in the transcript.
    #[error("the key {0} is not the one in the transcript")]
    OtherKey(String),
    /// The folder given is not of the ceremony that the file goes on from.
    #[error("the file goes on from the transcript {wanted}, and this folder's is {found}")]
    OtherTranscript {
        /// SHA-256 of the folder's.
        found: Digest,
        /// SHA-256 that the file names.
        wanted: Digest,
    },
    /// Something of the earlier ceremony is missing or was changed.
    #[error("{0} of the ceremony before is not there as it was left")]
    NotThere(String),
    /// The ceremony goes on from another installation's.
    #[error("the root {0}, from which the ceremony goes on, is not the one on record here")]
    OtherOrigin(String),
    /// Another ceremony went on from the same one, and was registered first.
    #[error("the list of {0} does not follow the one on record: two ceremonies went on from the same one")]
    OtherBranch(String),
    /// A key that is to be made is there already.
    #[error("there is a key {0} on the token already, which this ceremony did not make: choose another label")]
    KeyThere(String),
    /// The policies changed since the ceremony.
    #[error("the ceremony was held under the policies {found}, and {wanted} are in force: hold it under these")]
    OtherPolicies {
        /// Those of the ceremony.
        found: Digest,
        /// Those in force.
        wanted: String,
    },
    /// The signer's journal or its checks refuse.
    #[error(transparent)]
    Signer(#[from] CeremonyError),
    /// The seal cannot be made.
    #[error("signing")]
    Sign(#[from] SignError),
    /// The profiles cannot be read.
    #[error("profiles")]
    Profiles(#[from] ProfileError),
    /// The permission packages cannot be read.
    #[error("permission packages")]
    Packages(#[from] domain::packages::PolicyError),
    /// There is no such profile.
    #[error("there is no profile {0}")]
    NoProfile(String),
    /// No CA in the ceremony's file is called so.
    #[error("the ceremony's file knows no CA {0:?}")]
    NoAuthority(String),
    /// Nobody in the ceremony's file is called so.
    #[error("the ceremony's file knows nobody called {0}")]
    NoPerson(String),
    /// A CRL cannot be read.
    #[error("CRL")]
    Crl(#[from] CrlError),
    /// A certificate cannot be read.
    #[error("certificate")]
    Certificate(#[from] CertificateError),
    /// A transcript is refused.
    #[error(transparent)]
    Unsound(#[from] Unsound),
    /// What another host wrote is refused.
    #[error("{file}: {problem}")]
    Exchange {
        /// Which file.
        file: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A key in software cannot be made.
    #[error("software key")]
    Software(#[from] rcgen::Error),
    /// The terminal is gone.
    #[error("the terminal")]
    Terminal(#[source] std::io::Error),
    /// The database refuses.
    #[error("the database")]
    Store(#[from] StoreError),
}
