//! chrony: its own client says how far the clock may be off.

use super::{Measure, NoTime};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tokio::process::Command;

/// Asks the running `chronyd` (`chronyc -c tracking`); `server` is the address or socket of another than the host's.
pub(super) async fn measure(program: &Path, server: Option<&str>) -> Result<Measure, NoTime> {
    let mut command = Command::new(program);
    command.args(["-c", "-n"]);
    if let Some(server) = server {
        command.args(["-h", server]);
    }
    command.arg("tracking").env_clear().stdin(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    let told = |what: &dyn std::fmt::Display| NoTime::Source(format!("{}: {what}", program.display()));
    let output = tokio::time::timeout(LONGEST, command.output()).await.map_err(|_| told(&"no answer in time"))?;
    let output = output.map_err(|error| told(&error))?;
    if !output.status.success() {
        return Err(told(&"chronyd does not answer"));
    }
    std::str::from_utf8(&output.stdout).map_err(|_| told(&"not text")).and_then(tracking)
}

/// Reads the one line of `chronyc -c tracking`: fourteen fields (chronyc(1), "tracking").
pub(crate) fn tracking(line: &str) -> Result<Measure, NoTime> {
    let fields: Vec<_> = line.trim_end().split(',').collect();
    let &[_, _, stratum, _, offset, _, _, _, _, _, delay, dispersion, _, leap] = &fields[..] else {
        return Err(NoTime::Source("not the answer of chronyc -c tracking".to_owned()));
    };
    let leap = match leap {
        "Normal" => false,
        "Insert second" | "Delete second" => true,
        _ => return Err(NoTime::Unsynchronised),
    };
    if stratum.parse::<u8>().map_err(|_| field("stratum"))? == 0 {
        return Err(NoTime::Unsynchronised);
    }
    // chronyc(1): the clock is off by no more than |offset| + dispersion + delay / 2.
    let offset = seconds(offset, "system time")?.abs();
    let error = offset + seconds(dispersion, "root dispersion")?.abs() + seconds(delay, "root delay")?.abs() / 2.0;
    let error = Duration::try_from_secs_f64(error).map_err(|_| field("error"))?;
    Ok(Measure { error, leap })
}

fn seconds(text: &str, what: &'static str) -> Result<f64, NoTime> {
    text.parse::<f64>().ok().filter(|seconds| seconds.is_finite()).ok_or_else(|| field(what))
}

fn field(what: &'static str) -> NoTime {
    NoTime::Source(format!("{what} is no number"))
}

/// `chronyd` answers at once or not at all.
const LONGEST: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = "C0248F86,192.36.143.134,2,1780000000.123456789,-0.000012345,0.000001,0.000020,-7.1,0.001,0.02,0.004000000,0.000500000,64.2,Normal\n";

    #[test]
    fn the_error_has_three_parts() {
        let measure = tracking(LINE).unwrap();
        assert_eq!(measure, Measure { error: Duration::from_nanos(12_345 + 500_000 + 2_000_000), leap: false });
        assert!(tracking(&LINE.replace("Normal", "Insert second")).unwrap().leap);
    }

    #[test]
    fn a_clock_without_a_source_is_not_synchronised() {
        assert_eq!(tracking(&LINE.replace("Normal", "Not synchronised")), Err(NoTime::Unsynchronised));
        assert_eq!(tracking(&LINE.replace("Normal", "new words")), Err(NoTime::Unsynchronised));
        assert_eq!(tracking(&LINE.replace(".134,2,", ".134,0,")), Err(NoTime::Unsynchronised));
    }

    #[test]
    fn other_answers_are_refused() {
        for line in ["", "506 Cannot talk to daemon", &LINE.replace("0.0040", "NaN"), &LINE.replace("0.0040", "1e300")]
        {
            assert!(matches!(tracking(line), Err(NoTime::Source(_))), "{line}");
        }
    }
}
