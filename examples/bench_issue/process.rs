//! What the kernel says of other processes: processor time and memory (proc(5)).

use anyhow::{Context, Result};
use std::collections::BTreeMap;
use std::fs::read_to_string;
use std::path::Path;

/// A process whose processor time counts, with a name for the report.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    /// In the report.
    pub(crate) name: &'static str,
    /// The process.
    pub(crate) id: u32,
    /// Whether its children count too, the ended ones included.
    pub(crate) with_children: bool,
}

/// Memory of a process in MB (10⁶ bytes).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Memory {
    /// Resident pages.
    pub(crate) resident: f64,
    /// Resident pages, shared ones divided among those who share them.
    pub(crate) proportional: f64,
}

impl Part {
    /// A process alone.
    pub(crate) fn alone(name: &'static str, id: u32) -> Self {
        Self { name, id, with_children: false }
    }

    /// Processor time so far, in seconds.
    ///
    /// # Errors
    /// If the process has ended.
    pub(crate) fn seconds(&self) -> Result<f64> {
        let mut ticks = 0;
        for id in self.members()? {
            // A child that ends between the two looks is counted by its parent.
            let Ok(stat) = Stat::of(id) else { continue };
            ticks += stat.own_ticks + if self.with_children { stat.ended_children_ticks } else { 0 };
        }
        Ok(count(ticks) / TICKS_A_SECOND)
    }

    /// The processes that count, this one first.
    ///
    /// # Errors
    /// If the process has ended.
    pub(crate) fn members(&self) -> Result<Vec<u32>> {
        Stat::of(self.id).with_context(|| format!("{} has ended", self.name))?;
        let mut members = vec![self.id];
        let mut next = 0;
        while self.with_children && next < members.len() {
            members.extend(children(members[next])?);
            next += 1;
        }
        Ok(members)
    }

    /// Processor time so far of each group of threads with the same name, in seconds.
    ///
    /// # Errors
    /// If the process has ended.
    pub(crate) fn threads(&self) -> Result<BTreeMap<String, f64>> {
        let mut groups = BTreeMap::new();
        for task in std::fs::read_dir(format!("/proc/{}/task", self.id))? {
            let Ok(stat) = Stat::read(&task?.path()) else { continue };
            let name = stat.name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '-').to_owned();
            *groups.entry(name).or_default() += count(stat.own_ticks) / TICKS_A_SECOND;
        }
        Ok(groups)
    }

    /// Memory now.
    ///
    /// # Errors
    /// If the process has ended.
    pub(crate) fn memory(&self) -> Result<Memory> {
        let text = read_to_string(format!("/proc/{}/smaps_rollup", self.id))?;
        let field = |name: &str| -> Result<f64> {
            let line = text.lines().find_map(|line| line.strip_prefix(name)).context("a field of smaps_rollup")?;
            let kibibytes: f64 = line.trim_end_matches("kB").trim().parse()?;
            Ok(kibibytes * 1024.0 / 1e6)
        };
        Ok(Memory { resident: field("Rss:")?, proportional: field("Pss:")? })
    }
}

/// The parent of a process.
///
/// # Errors
/// If the process has ended.
pub(crate) fn parent(id: u32) -> Result<u32> {
    Ok(Stat::of(id)?.parent)
}

/// The living children of a process.
///
/// # Errors
/// If `/proc` cannot be read.
pub(crate) fn children(id: u32) -> Result<Vec<u32>> {
    let ids = std::fs::read_dir("/proc")?.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    Ok(ids.filter(|child| Stat::of(*child).is_ok_and(|stat| stat.parent == id)).collect())
}

/// Fields of `/proc/PID/stat`.
struct Stat {
    name: String,
    parent: u32,
    own_ticks: u64,
    ended_children_ticks: u64,
}

impl Stat {
    fn of(id: u32) -> Result<Self> {
        Self::read(Path::new(&format!("/proc/{id}")))
    }

    fn read(folder: &Path) -> Result<Self> {
        let text = read_to_string(folder.join("stat"))?;
        let (before, after) = text.rsplit_once(')').context("a name in parentheses")?;
        let name = before.split_once('(').context("a name in parentheses")?.1.to_owned();
        let fields: Vec<&str> = after.split_whitespace().collect();
        let ticks = |first: usize| -> Result<u64> {
            Ok(fields.get(first).context("too few fields")?.parse::<u64>()?
                + fields.get(first + 1).context("too few fields")?.parse::<u64>()?)
        };
        let parent = fields.get(1).context("too few fields")?.parse()?;
        Ok(Self { name, parent, own_ticks: ticks(11)?, ended_children_ticks: ticks(13)? })
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
fn count(number: u64) -> f64 {
    number as f64
}

/// Unit of the kernel's accounting on every Linux that this runs on (`USER_HZ`).
const TICKS_A_SECOND: f64 = 100.0;
