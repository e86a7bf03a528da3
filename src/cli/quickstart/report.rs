//! What a person reads when the service is up.

use super::layout::Layout;
use super::manifest::Manifest;
use domain::access::Role;
use std::fmt::Write as _;
use std::io::Write as _;

/// Says something on standard output.
///
/// # Errors
/// If standard output is closed.
pub(crate) fn say(text: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(())
}

/// Addresses, people, and commands to try.
pub(crate) fn render(manifest: &Manifest, layout: &Layout, demo_service: &str) -> String {
    let data = layout.data().display();
    let mut text = format!(
        "\nSigill is running; everything is in {data}\n\n  \
         status    {}   OCSP, CRL, CA certificates, /health\n  \
         API       {}  for relying services, /openapi.json\n  \
         demo      {}  log in here with a demo card (browsers: with a .p12 file of {data}/people)\n  \
         officers  {}  with a client certificate: /ra/v1 /admin/v1 /self/v1\n  \
         stamps    {}  time stamps (RFC 3161)\n  \
         trust     {}\n\n",
        manifest.status_url,
        manifest.api_url,
        demo_service,
        manifest.officer_url,
        manifest.tsa_url.as_deref().unwrap_or("none"),
        manifest.trust_anchor.display(),
    );
    people(&mut text, manifest);
    commands(&mut text, manifest, layout);
    text
}

fn people(text: &mut String, manifest: &Manifest) {
    let width = |value: fn(&super::PersonEntry) -> &str| {
        manifest.people.iter().map(|person| value(person).chars().count()).max().unwrap_or(0)
    };
    let (names, agencies) = (width(|person| &person.name), width(|person| &person.agency));
    for person in &manifest.people {
        let roles = person.roles.iter().map(|role| role.as_str()).collect::<Vec<_>>().join(", ");
        let roles = if roles.is_empty() { "employee" } else { &roles };
        let _ = writeln!(text, "  {:names$}  {:agencies$}  {roles}", person.name, person.agency); // cannot fail
    }
}

fn commands(text: &mut String, manifest: &Manifest, layout: &Layout) {
    let data = layout.data().display();
    let curl = manifest.people.iter().find(|person| person.roles.contains(&Role::RegistrationOfficer)).map(|person| {
        format!(
            "  curl --cacert {} --cert {} --key {} {}/self/v1/me\n",
            manifest.tls_ca.display(),
            person.certificate.display(),
            person.key.display(),
            manifest.officer_url
        )
    });
    let persons = manifest.issuers.iter().find(|issuer| issuer.name.contains("person"));
    let stamp = manifest.tsa_url.as_ref().map(|url| {
        format!(
            "  openssl ts -query -data README.md -sha256 -cert | curl -s -H content-type:application/timestamp-query \\
    \
             --data-binary @- {url} | openssl ts -reply -in /dev/stdin -text\n"
        )
    });
    let list = persons.map(|ca| format!("  curl -s {} | openssl crl -inform DER -noout -text\n", ca.crl_url));
    text.push_str("\nTry:\n");
    text.push_str(&curl.unwrap_or_default());
    text.push_str(&list.unwrap_or_default());
    text.push_str(&stamp.unwrap_or_default());
    let program = std::env::current_exe().unwrap_or_else(|_| "sigill".into());
    let _ = writeln!(text, "  {} demo run --data {data}\n\nStop with Ctrl-C.", program.display()); // cannot fail
}
