//! By e-mail, over SMTP (RFC 5321). A mail names nobody and holds no link.

use super::deliver::Failure;
use super::text::{both, subject};
use crate::app::App;
use crate::config::notices::{MailConfig, MailTls, NoticesConfig};
use domain::notice::{Addressee, Notice};
use lettre::message::Message;
use lettre::message::header::ContentType;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::client::{Certificate, CertificateStore, Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use std::time::Duration;

/// Sends a notice to whom it concerns.
///
/// # Errors
/// [`Failure`]; one without an address, or whose address the server refuses, does not pass.
pub(super) async fn send(app: &App, config: &NoticesConfig, notice: &Notice) -> Result<(), Failure> {
    let mail = config.mail.as_ref().ok_or(Failure { why: "mail-not-configured", passes: false })?;
    let to = match &notice.to {
        Addressee::Group(address) => address.clone(),
        Addressee::Employee(person) => {
            let known = app.store.address(&notice.tenant, person).await;
            known.map_err(|_| STORE_AWAY)?.ok_or(Failure { why: "no-address", passes: false })?
        }
    };
    let message = compose(mail, notice, &to).ok_or(Failure { why: "bad-address", passes: false })?;
    let transport = transport(mail).await.map_err(|error| {
        tracing::error!(error = format!("{error:#}"), "the mail server's section cannot be used");
        Failure { why: "mail-configuration", passes: true }
    })?;
    transport.send(message).await.map(|_| ()).map_err(|error| failure(&error))
}

/// The same notice has the same Message-ID, so that whoever gets it twice can tell.
fn compose(mail: &MailConfig, notice: &Notice, to: &str) -> Option<Message> {
    let from: lettre::Address = mail.from.parse().ok()?;
    let id = format!("<{}@{}>", notice.id, from.domain());
    Message::builder()
        .from(lettre::message::Mailbox::new(None, from))
        .to(lettre::message::Mailbox::new(None, to.parse().ok()?))
        .subject(subject(notice))
        .message_id(Some(id))
        .header(ContentType::TEXT_PLAIN)
        .body(both(notice))
        .ok()
}

async fn transport(mail: &MailConfig) -> anyhow::Result<AsyncSmtpTransport<Tokio1Executor>> {
    let tls = match mail.tls {
        MailTls::None => Tls::None,
        MailTls::Implicit => Tls::Wrapper(parameters(mail).await?),
        MailTls::Starttls => Tls::Required(parameters(mail).await?),
    };
    let builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&mail.host).port(mail.port).tls(tls);
    Ok(builder.timeout(Some(DEADLINE)).build())
}

/// Trusts the configured roots alone.
async fn parameters(mail: &MailConfig) -> anyhow::Result<TlsParameters> {
    let mut builder = TlsParameters::builder(mail.host.clone()).certificate_store(CertificateStore::None);
    if let Some(path) = &mail.root {
        builder = builder.add_root_certificate(Certificate::from_pem(&tokio::fs::read(path).await?)?);
    }
    Ok(builder.build_rustls()?)
}

fn failure(error: &Error) -> Failure {
    tracing::warn!(%error, "a mail was not taken");
    if error.is_permanent() {
        return Failure { why: "mail-refused", passes: false };
    }
    let why = if error.is_transient() { "mail-put-off" } else { "mail-server-away" };
    Failure { why, passes: true }
}

const STORE_AWAY: Failure = Failure { why: "store-away", passes: true };
/// Longest that the server may take for one step.
const DEADLINE: Duration = Duration::from_secs(10);
