//! `sigill demo rp`: relying services of the demo's first agency, registered by two of its officers.

use super::Demo;
use super::officers::find;
use anyhow::{Context, bail, ensure};
use domain::access::Role;
use federation::oidc::client::Client;
use federation::saml::service::Service;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// What to do.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Register a relying service, or replace its registration
    Add {
        /// JSON with the names of RFC 7591 and its extensions, and `security_profile`: `sweden` or `fapi2`
        #[arg(long, required_unless_present = "saml", conflicts_with = "saml")]
        oidc: Option<PathBuf>,
        /// The metadata of a SAML service: one `EntityDescriptor`
        #[arg(long)]
        saml: Option<PathBuf>,
    },
}

/// Runs the command.
///
/// # Errors
/// If the service refuses.
pub(crate) async fn run(demo: &Demo, command: &Command) -> anyhow::Result<()> {
    let Command::Add { oidc, saml } = command;
    let read =
        |path: &PathBuf| std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()));
    let id = match (oidc, saml) {
        (Some(path), _) => {
            let registration: Value =
                serde_json::from_str(&read(path)?).with_context(|| format!("{} is not JSON", path.display()))?;
            add(demo, &registration).await?
        }
        (None, Some(path)) => add_saml(demo, &read(path)?).await?,
        (None, None) => bail!("name a file with --oidc or --saml"),
    };
    crate::cli::quickstart::report::say(&format!("{id} is registered\n"))
}

/// Has a registration proposed by the administrator and approved by an approver. Its client id.
///
/// # Errors
/// If the service refuses.
pub(crate) async fn add(demo: &Demo, registration: &Value) -> anyhow::Result<String> {
    // Said here with the member's name; the service judges for itself.
    let client = Client::from_json(&registration.to_string())?;
    register(demo, &client.id, registration).await
}

/// The same for a SAML service with this metadata. Its entity ID.
///
/// # Errors
/// If the service refuses.
pub(crate) async fn add_saml(demo: &Demo, metadata: &str) -> anyhow::Result<String> {
    let registration = json!({"saml_metadata": metadata});
    let service = Service::from_json(&registration.to_string())?;
    register(demo, &service.id, &registration).await
}

async fn register(demo: &Demo, id: &str, registration: &Value) -> anyhow::Result<String> {
    let administrator = find(demo, &[Role::Administrator])?;
    let approver = find(demo, &[Role::Approver])?;
    let proposed = administrator.api.post("/admin/v1/relying-services", registration).await?;
    let path = format!("/admin/v1/relying-services/{}/approval", segment(id));
    let answer = approver.api.post(&path, &json!({"revision": proposed["revision"]})).await?;
    ensure!(answer["approved"] == true, "the registration did not come into force: {answer}");
    Ok(id.to_owned())
}

/// A folder for the files of one relying service.
pub(crate) fn folder(demo: &Demo, name: &str) -> PathBuf {
    let demo: &Path = demo.layout.data();
    demo.join("demo").join(name)
}

/// A client id as one segment of a path.
fn segment(id: &str) -> String {
    url::form_urlencoded::byte_serialize(id.as_bytes()).collect()
}
