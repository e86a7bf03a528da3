//! Looks into zones, through the one resolver of the configuration.

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolveHosts, ResolverConfig};
use hickory_resolver::net::NetError;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::RData;
use std::net::SocketAddr;
use std::time::Duration;

/// The way to the resolver. Nothing else is ever connected to for a name that somebody wants certified.
#[derive(Debug, Clone)]
pub struct Zones(TokioResolver);

/// The resolver did not answer.
#[derive(Debug, thiserror::Error)]
#[error("the resolver did not answer")]
pub struct NoAnswer(#[from] NetError);

impl Zones {
    /// Asks `resolver` over UDP, and over TCP what does not fit.
    ///
    /// # Errors
    /// [`NoAnswer`] if it cannot be set up.
    pub fn of(resolver: SocketAddr) -> Result<Self, NoAnswer> {
        let at_port = |mut connection: ConnectionConfig| {
            connection.port = resolver.port();
            connection
        };
        let mut server = NameServerConfig::udp_and_tcp(resolver.ip());
        server.connections = server.connections.into_iter().map(at_port).collect();
        let config = ResolverConfig::from_parts(None, Vec::new(), vec![server]);
        let mut builder = TokioResolver::builder_with_config(config, TokioRuntimeProvider::default());
        let options = builder.options_mut();
        options.cache_size = 0; // what is shown is shown now
        options.attempts = ATTEMPTS;
        options.timeout = TIMEOUT;
        options.use_hosts_file = ResolveHosts::Never;
        Ok(Self(builder.build()?))
    }

    /// Whether a TXT record at `name` says exactly `text`.
    ///
    /// # Errors
    /// [`NoAnswer`] if the resolver is away or fails; a name without records is an answer.
    pub async fn says(&self, name: &str, text: &str) -> Result<bool, NoAnswer> {
        let found = match self.0.txt_lookup(format!("{name}.")).await {
            Ok(found) => found,
            Err(error) if error.is_no_records_found() => return Ok(false),
            Err(error) => return Err(error.into()),
        };
        Ok(found.answers().iter().any(|record| match &record.data {
            RData::TXT(record) => record.txt_data.concat() == text.as_bytes(),
            _ => false,
        }))
    }
}

const ATTEMPTS: usize = 2;
const TIMEOUT: Duration = Duration::from_secs(2);
