//! What there is to do, and the trusted roles in which officers sign.
//!
//! Who may do what follows from the [packages](crate::packages) that a person was given.

/// An enumeration whose values are words in policies, rows and views.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name { $($(#[$vdoc])* #[serde(rename = $word)] $variant),* }

        impl $name {
            /// Every value, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The word in policies, rows and views.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = crate::id::InvalidId;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::ALL.iter().copied().find(|value| value.as_str() == text)
                    .ok_or(crate::id::InvalidId { what: stringify!($name) })
            }
        }
    };
}
pub(crate) use words;

words! {
    /// A trusted role (EN 319 401 clause 7.2).
    Role {
        /// Submits applications and identifies applicants (ID-administratör).
        RegistrationOfficer = "registration-officer",
        /// Approves what others submitted.
        Approver = "approver",
        /// Personalises cards and hands them out (utlämnare).
        CardDesk = "card-desk",
        /// Revokes cards and people of the agency.
        RevocationOfficer = "revocation-officer",
        /// Orders certificates for systems and for the agency itself (funktionsadministratör).
        FunctionAdministrator = "function-administrator",
        /// Runs the service; sees keys and agencies, not people.
        Administrator = "administrator",
        /// Answers for the rules: approves policies (säkerhetsansvarig).
        SecurityOfficer = "security-officer",
        /// Reads everything, changes nothing.
        Auditor = "auditor",
    }
}

words! {
    /// One thing that a caller may do. Each route names exactly one.
    Action {
        /// Submit an application.
        SubmitEnrolment = "submit-enrolment",
        /// Record how an applicant was identified.
        IdentifyApplicant = "identify-applicant",
        /// Approve an application.
        ApproveEnrolment = "approve-enrolment",
        /// Have a card's certificates issued.
        IssueCertificates = "issue-certificates",
        /// Hand out a card.
        ActivateCard = "activate-card",
        /// Read applications.
        ReadEnrolment = "read-enrolment",
        /// Read a card and its certificates.
        ReadCard = "read-card",
        /// Revoke a card, a person or a certificate.
        Revoke = "revoke",
        /// Order a certificate for a system or the agency itself, have it issued, and say who answers for it.
        OrderFunction = "order-function",
        /// Approve such an order of somebody else.
        ApproveFunction = "approve-function",
        /// Read such orders and their certificates.
        ReadFunction = "read-function",
        /// Revoke such a certificate.
        RevokeFunction = "revoke-function",
        /// Say where an employee is reached.
        RecordAddress = "record-address",
        /// Read what the agency's people and systems were told, and what became of it.
        ReadNotices = "read-notices",
        /// Have a notice delivered again that was given up.
        RetryNotice = "retry-notice",
        /// Have the evidence of a card exported.
        ExportEvidence = "export-evidence",
        /// Read the agency's part of the audit log.
        ReadOwnAudit = "read-own-audit",
        /// Read the agencies.
        ReadTenants = "read-tenants",
        /// Find a person at the own agency, for a purpose.
        LookUpPerson = "look-up-person",
        /// See and handle people whose data is protected.
        HandleProtected = "handle-protected",
        /// Say that somebody's data is protected, or no longer.
        MarkProtected = "mark-protected",
        /// Read what waits at the own agency, and why.
        ReadWork = "read-work",
        /// Say that something that waited is done.
        CloseWork = "close-work",
        /// Read the decisions about a person, with their grounds.
        ReadDecisions = "read-decisions",
        /// Ask for the erasure of what stands of a person beside the log.
        AskErasure = "ask-erasure",
        /// Erase what somebody else asked for.
        ErasePersonal = "erase-personal",
        /// Report employments that begin, change and end, as a personnel system does.
        ReportEmployment = "report-employment",
        /// Say when somebody's employment ends.
        EndEmployment = "end-employment",
        /// Take whole lists of the agency away.
        ExportLists = "export-lists",
        /// Revoke many cards as one act, and try what it would do.
        RevokeMany = "revoke-many",
        /// Clear such an act of somebody else.
        ClearRevocations = "clear-revocations",
        /// Register an organisation that wants to be connected.
        RegisterTenant = "register-tenant",
        /// Put an agency's agreement on file.
        FileAgreement = "file-agreement",
        /// Propose that an agency or one of its services enters a phase.
        ProposePhase = "propose-phase",
        /// Decide such a proposal of somebody else.
        DecidePhase = "decide-phase",
        /// Order a permission package for somebody.
        OrderPackage = "order-package",
        /// Decide an order of somebody else.
        DecidePackage = "decide-package",
        /// Take a package back before its time.
        EndPackage = "end-package",
        /// Record a training that somebody passed.
        RecordTraining = "record-training",
        /// Read who holds which packages.
        ReadAssignments = "read-assignments",
        /// Read what every agency does.
        ReadAnyAgency = "read-any-agency",
        /// Read the service's keys and issuers.
        ReadKeys = "read-keys",
        /// Have a CA's key go on in its life, and trust a root, as two approved.
        ActOnKeys = "act-on-keys",
        /// Read certificate profiles.
        ReadProfiles = "read-profiles",
        /// Read the audit log.
        ReadAudit = "read-audit",
        /// See oneself: any valid card.
        ReadSelf = "read-self",
        /// Revoke one's own card.
        RevokeOwnCard = "revoke-own-card",
        /// End one's own session at a relying service.
        EndOwnSession = "end-own-session",
        /// Propose the registration of a relying service.
        ProposeRelyingService = "propose-relying-service",
        /// Approve the registration of a relying service.
        ApproveRelyingService = "approve-relying-service",
        /// Have a certificate validated: any valid card.
        Validate = "validate",
    }
}

impl Action {
    /// Whether systems do it, with packages of their own, and no person.
    pub const fn is_systems(self) -> bool {
        matches!(self, Self::ReportEmployment)
    }

    /// Whether the action leaves everything as it was.
    pub const fn only_reads(self) -> bool {
        matches!(
            self,
            Self::ReadEnrolment
                | Self::ReadCard
                | Self::ExportLists
                | Self::ReadFunction
                | Self::ReadNotices
                | Self::ExportEvidence
                | Self::ReadOwnAudit
                | Self::ReadTenants
                | Self::ReadAssignments
                | Self::ReadAnyAgency
                | Self::LookUpPerson
                | Self::ReadWork
                | Self::ReadDecisions
                | Self::ReadKeys
                | Self::ReadProfiles
                | Self::ReadAudit
                | Self::ReadSelf
                | Self::Validate
        )
    }
}
