//! What texts of the API look like, by the name of their field.

/// The word for a field; `schema.field` comes before the field alone. A row of a page is described as its schema is.
pub(super) fn word(schema: &str, field: &str) -> Option<&'static str> {
    let schema = schema.strip_prefix("Page_").unwrap_or(schema);
    let own = format!("{schema}.{field}");
    let table = |name: &str| WORDS.iter().find(|(named, _)| *named == name).map(|(_, word)| *word);
    table(&own)
        .or_else(|| table(field))
        .or_else(|| ENDINGS.iter().find(|(end, _)| field.ends_with(end)).map(|(_, w)| *w))
}

/// A key of a map.
pub(super) fn key(schema: &str, field: &str) -> &'static str {
    let own = format!("{schema}.{field}");
    KEYS.iter().find(|(name, _)| *name == own || *name == field).map_or(ANY, |(_, key)| *key)
}

/// For a field that has no word.
pub(super) const ANY: &str = "any text";

const PERSON: &str = "0b6d5f6e2c1f4a0f8d9e3a7b5c4d2e1f";
const ID: &str = "5f0c9a1e7b3d4c2fa6e8d1b09c7f3e42";
const CARD: &str = "SGL-2026-000123";
const SERIAL: &str = "4b7f1c9a2d6e8035a1c4f7092b5d8e63";
const SHA256: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
const TIME: &str = "2026-11-20T12:00:00Z";
const JWS: &str = "eyJhbGciOiJFUzI1NiJ9.eyJhY3QiOiJhcHByb3ZlIn0.c2lnbmF0dXJl";
const PEM: &str = "-----BEGIN CERTIFICATE-----\nMIIC…\n-----END CERTIFICATE-----\n";
const CSR: &str = "-----BEGIN CERTIFICATE REQUEST-----\nMIIB…\n-----END CERTIFICATE REQUEST-----\n";
const OPERATION: &str = r#"{"type":"issue","card":"SGL-2026-000123"}"#;

/// Keys of maps.
const KEYS: [(&str, &str); 3] = [("outcomes", "revoked"), ("phases", "certificates"), ("shown", "letter-of-intent")];

/// By the end of a name.
const ENDINGS: [(&str, &str); 8] = [
    ("_at", TIME),
    ("At", TIME),
    ("_by", PERSON),
    ("_id", PERSON),
    ("sha256", SHA256),
    ("_hash", SHA256),
    ("_csr", CSR),
    ("_url", "https://tjanst.example/svar"),
];

/// By name.
const WORDS: [(&str, &str); 133] = [
    ("AffectedView.service", "ocsp-person"),
    ("AgreementView.reference", "dnr 2026-101"),
    ("BulkView.grounds", "Serie 4 har ett fel i kretsen"),
    ("BulkView.reason", "superseded"),
    ("BulkView.state", "finished"),
    ("CardView.state", "active"),
    ("CertificateAnswer.indication", "TOTAL-PASSED"),
    ("CertificateAnswer.policies", "1.3.6.1.4.1.32473.1.1"),
    ("CertificateAnswer.reason", "keyCompromise"),
    ("CertificateAnswer.subIndication", "REVOKED"),
    ("CertificateQuestion.policies", "1.3.6.1.4.1.32473.1.1"),
    ("CertificateView.reason", "keyCompromise"),
    ("ConnectionView.id", "norrsken"),
    ("ConnectionView.kind", "state-agency"),
    ("ConnectionView.name", "Norrskensmyndigheten"),
    ("ConnectionView.phases", "köra"),
    ("ControlView.at", TIME),
    ("ControlView.method", "dns"),
    ("ControlView.name", "diariet.norrsken.example.se"),
    ("DecisionView.at", TIME),
    ("DecisionView.by", PERSON),
    ("DecisionView.decision", "approved"),
    ("DecisionView.grounds", "identification by 0b6d5f6e2c1f4a0f8d9e3a7b5c4d2e1f"),
    ("DecisionView.object", ID),
    ("DecisionView.rules", SHA256),
    ("DecisionsView.appeal_en", "Whoever the decision concerns may appeal it in writing."),
    ("DecisionsView.appeal_sv", "Den som beslutet angår får överklaga det skriftligt."),
    ("EmploymentHeard.outcome", "ordered"),
    ("EnrolmentView.stage", "issued"),
    ("FunctionView.operation", OPERATION),
    ("FunctionView.stage", "ordered"),
    ("Identification.statement", JWS),
    ("IssuedHere.agency", "Norrskensmyndigheten"),
    ("KeyView.kind", "person"),
    ("Me.agency", "Norrskensmyndigheten"),
    ("NewFunction.csr", CSR),
    ("NoticeView.about", CARD),
    ("NoticeView.at", TIME),
    ("NoticeView.channel", "mail"),
    ("NoticeView.kind", "card-ready"),
    ("NoticeView.outcome", "connection refused"),
    ("NoticeView.state", "waiting"),
    ("PackageView.holder", "person"),
    ("PackageView.name", "approver"),
    ("PackageView.role", "approver"),
    ("PeerView.value", "tjanst.example"),
    ("PolicyView.initial_set", "2.5.29.32.0"),
    ("ProfileView.name", "person-authentication-loa4"),
    ("ProfileView.policies", "1.3.6.1.4.1.32473.1.1"),
    ("RecordView.text", r#"{"sequence":1,"kind":"policies.in-force"}"#),
    ("ReserveView.extends", ID),
    ("RevokedView.reason", "keyCompromise"),
    ("SecondIdentification.approval", JWS),
    ("SecondIdentification.identification", JWS),
    ("StepView.scope", "agency"),
    ("StepView.shown", "dnr 2026-100"),
    ("TenantView.id", "norrsken"),
    ("TenantView.kind", "state-agency"),
    ("TenantView.name", "Norrskensmyndigheten"),
    ("TermsView.text", "Jag förvarar kortet och koderna var för sig."),
    ("WorkView.closed_reason", "Nytt kort beställt, ärende 2026-18"),
    ("agency", "norrsken"),
    ("card", CARD),
    ("card_number", CARD),
    ("cards", CARD),
    ("certificate", "MIIC…"),
    ("certificate_serial", SERIAL),
    ("chain", "MIIC…"),
    ("challenge", "k7Jm2v0rQfXw4nB8"),
    ("checkpoint", JWS),
    ("client_id", "https://tjanst.example"),
    ("code", "wrong-stage"),
    ("common_name", "diariet.norrsken.example.se"),
    ("compromised", TIME),
    ("contact", "drift@norrsken.example.se"),
    ("crls", "MIIB…"),
    ("decision_reason", "Behövs för uppgiften"),
    ("detail", "it is submitted, not identified"),
    ("dns_names", "diariet.norrsken.example.se"),
    ("employed_since", TIME),
    ("employed_until", TIME),
    ("enrolment", ID),
    ("expires", TIME),
    ("from", TIME),
    ("function", ID),
    ("hash", SHA256),
    ("id", ID),
    ("intermediates", "MIIC…"),
    ("issuer", "person-ca-1"),
    ("key", "person-ca-1-2026"),
    ("language", "sv"),
    ("name", "Anna Andersson"),
    ("not_after", TIME),
    ("number", CARD),
    ("operation", OPERATION),
    ("ordinary_card", CARD),
    ("organisationNumber", "2021006883"),
    ("organisation_number", "2021006883"),
    ("outcome", "revoked"),
    ("package", "approver"),
    ("pem", PEM),
    ("permissions", "approve-enrolment"),
    ("person", PERSON),
    ("phase", "planera"),
    ("profile", "person-authentication-loa4"),
    ("purpose", "person-authentication"),
    ("reason", "Enligt beslut, dnr 2026-17"),
    ("renews", ID),
    ("responder", "ocsp-person"),
    ("responsible", PERSON),
    ("roles", "registration-officer"),
    ("scope", "agency"),
    ("serial", SERIAL),
    ("serials", SERIAL),
    ("sid", ID),
    ("signatory", "Generaldirektören"),
    ("since", TIME),
    ("stage", "active"),
    ("state", "active"),
    ("statement", JWS),
    ("statements", JWS),
    ("tenant", "norrsken"),
    ("title", "Går inte i detta läge"),
    ("title_en", "Not possible now"),
    ("title_sv", "Går inte i detta läge"),
    ("training", "registration"),
    ("trust_anchors", "MIIC…"),
    ("type", "urn:sigill:problem:wrong-stage"),
    ("until", TIME),
    ("validation_time", TIME),
    ("verdict", "accepted"),
    ("version", "2026-1"),
    ("work", ID),
];
