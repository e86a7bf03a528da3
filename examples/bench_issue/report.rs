//! Tables.

use crate::contest::Round;
use crate::process::Part;
use anyhow::Result;

/// Prints the medians of paired rounds: ours, the peer's, and the median of each pair's ratio.
pub(crate) fn pairs(title: &str, parts: &[Part], rounds: &[(Round, Round)]) {
    let (ours, peer): (Vec<_>, Vec<_>) = rounds.iter().cloned().unzip();
    println!("\n{title}: {} pairs of rounds, medians, processor time in µs for a certificate", rounds.len());
    println!("  {:<44} {:>8} {:>8} {:>8}", "", "sigill", "openbao", "ratio");
    let line = |name: &str, ours: f64, peer: Option<f64>, ratio: Option<f64>| {
        let optional = |value: Option<f64>, digits| value.map_or_else(String::new, |v| format!("{v:.digits$}"));
        println!("  {name:<44} {ours:>8.0} {:>8} {:>8}", optional(peer, 0), optional(ratio, 2));
    };
    let ratio = |of: fn(&(Round, Round)) -> f64| Some(median(rounds.iter().map(of)));
    let rate = |rounds: &[Round]| median(rounds.iter().map(|round| round.rate));
    let total = |rounds: &[Round]| median(rounds.iter().map(Round::total));
    line("certificates a second", rate(&ours), Some(rate(&peer)), ratio(|(ours, peer)| ours.rate / peer.rate));
    let ours_total = total(&ours);
    let until_answered = ratio(|(ours, peer)| peer.total() / ours.total());
    line("processor time until the last answer", ours_total, Some(total(&peer)), until_answered);
    for (at, part) in parts.iter().enumerate() {
        line(&format!("  of which {}", part.name), median(ours.iter().map(|round| round.parts[at])), None, None);
    }
    let followed = median(ours.iter().map(|round| round.followed));
    let with_ocsp = ratio(|(ours, peer)| peer.total() / ours.followed);
    line("until every OCSP answer was published too", followed, Some(total(&peer)), with_ocsp);
}

/// Prints the memory of each part now.
pub(crate) fn memory(title: &str, parts: &[Part]) -> Result<()> {
    println!("\n{title}: memory in MB");
    for part in parts.iter().filter(|part| !part.with_children) {
        let memory = part.memory()?;
        println!("  {:<12} resident {:>6.1}   proportional {:>6.1}", part.name, memory.resident, memory.proportional);
    }
    Ok(())
}

/// The middle one.
pub(crate) fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
