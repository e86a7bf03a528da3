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
    let &[source, _, stratum, updated, offset, _, _, _, _, _, delay, dispersion, _, leap] = &fields[..] else {
        return Err(NoTime::Source("not the answer of chronyc -c tracking".to_owned()));
    };
    let leap = match leap {
        "Normal" => false,
        "Insert second" | "Delete second" => true,
        _ => return Err(NoTime::Unsynchronised),
    };
    // Its own clock as its source (`local` in chrony.conf) keeps everything else in this line good for ever.
    if stratum.parse::<u8>().map_err(|_| field("stratum"))? == 0 || source == ITSELF {
        return Err(NoTime::Unsynchronised);
    }
    // chronyc(1): the clock is off by no more than |offset| + dispersion + delay / 2.
    let offset = seconds(offset, "system time")?.abs();
    let error = offset + seconds(dispersion, "root dispersion")?.abs() + seconds(delay, "root delay")?.abs() / 2.0;
    let error = Duration::try_from_secs_f64(error).map_err(|_| field("error"))?;
    let updated =
        Duration::try_from_secs_f64(seconds(updated, "reference time")?).map_err(|_| field("reference time"))?;
    Ok(Measure { error, leap, updated: Some(updated) })
}

fn seconds(text: &str, what: &'static str) -> Result<f64, NoTime> {
    text.parse::<f64>().ok().filter(|seconds| seconds.is_finite()).ok_or_else(|| field(what))
}

fn field(what: &'static str) -> NoTime {
    NoTime::Source(format!("{what} is no number"))
}

/// Reference identifier of a `chronyd` that follows nobody: 127.127.1.1.
const ITSELF: &str = "7F7F0101";
/// `chronyd` answers at once or not at all.
const LONGEST: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = "C0248F86,192.36.143.134,2,1780000000.123456789,-0.000012345,0.000001,0.000020,-7.1,0.001,0.02,0.004000000,0.000500000,64.2,Normal\n";

    #[test]
    fn the_error_has_three_parts() {
        let measure = tracking(LINE).unwrap();
        assert_eq!(measure.error, Duration::from_nanos(12_345 + 500_000 + 2_000_000));
        assert_eq!((measure.leap, measure.updated.unwrap().as_secs()), (false, 1_780_000_000));
        assert!(tracking(&LINE.replace("Normal", "Insert second")).unwrap().leap);
    }

    #[test]
    fn a_clock_without_a_source_is_not_synchronised() {
        assert_eq!(tracking(&LINE.replace("Normal", "Not synchronised")), Err(NoTime::Unsynchronised));
        assert_eq!(tracking(&LINE.replace("Normal", "new words")), Err(NoTime::Unsynchronised));
        assert_eq!(tracking(&LINE.replace(".134,2,", ".134,0,")), Err(NoTime::Unsynchronised));
        assert_eq!(tracking(&LINE.replace("C0248F86", "7F7F0101")), Err(NoTime::Unsynchronised), "follows itself");
    }

    #[test]
    fn other_answers_are_refused() {
        for line in ["", "506 Cannot talk to daemon", &LINE.replace("0.0040", "NaN"), &LINE.replace("0.0040", "1e300")]
        {
            assert!(matches!(tracking(line), Err(NoTime::Source(_))), "{line}");
        }
    }
}
