//! Logs and metrics. Field names live here and in the code that logs; none carries personal data.

use crate::config::{LogConfig, LogFormat};
use metrics_exporter_prometheus::PrometheusBuilder;
use std::sync::Arc;
use tracing_subscriber::EnvFilter;

/// Metrics as Prometheus text, when asked.
pub type MetricsText = Arc<dyn Fn() -> String + Send + Sync>;

/// Sends logs to standard error, in the configured form.
///
/// # Errors
/// If the filter cannot be read, or logging was set up before.
pub fn logs(config: &LogConfig) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&config.filter)?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let set = match config.format {
        LogFormat::Text => builder.with_ansi(false).try_init(),
        LogFormat::Json => builder.json().try_init(),
    };
    set.map_err(|e| anyhow::anyhow!("logging: {e}"))
}

/// Collects metrics and gives them as Prometheus text.
///
/// # Errors
/// If metrics were set up before.
pub fn metrics() -> anyhow::Result<MetricsText> {
    let recorder = PrometheusBuilder::new().build_recorder();
    let handle = recorder.handle();
    metrics::set_global_recorder(recorder).map_err(|e| anyhow::anyhow!("metrics: {e}"))?;
    Ok(Arc::new(move || handle.render()))
}
