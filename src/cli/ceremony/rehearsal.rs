//! `--dry-run`: the whole ceremony on throw-away tokens, in a folder that is gone afterwards.

use super::{environment, policies, prepare, say};
use crate::ceremony::desk::Desk;
use crate::ceremony::exchange::{ANSWER, REQUEST};
use crate::ceremony::files;
use crate::ceremony::layout::Layout;
use crate::ceremony::run::{Progress, Setup, hold};
use crate::ceremony::script::{Host, Script};
use anyhow::{Context, bail};
use std::path::{Path, PathBuf};

/// The folder; removed when dropped.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        // Whatever cannot be removed is in a private folder under the system's temporary one.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Holds the ceremony, on a file with two hosts one after the other, and shows the transcript.
///
/// # Errors
/// Whatever would stop the real ceremony.
pub(super) fn run(text: &str, script: &Script, desk: &mut dyn Desk) -> anyhow::Result<()> {
    // The command starts again to give the tokens' module its environment, in the same process.
    let path = std::env::temp_dir().join(format!("sigill-rehearsal-{}", std::process::id()));
    let layout = Layout::new(&path)?;
    if std::env::var_os(environment::VARIABLE).is_none_or(|set| Path::new(&set) != layout.softhsm()) && path.exists() {
        bail!("{} is in the way", path.display());
    }
    let _folder = Folder(path.clone());
    let mut inside = script.clone();
    inside.tokens.inside = true;
    prepare(&layout, &inside)?;
    let hosts = if script.root_on_own_host {
        both_hosts(text, script, &path, desk)?
    } else {
        let policies = policies::bundle(script.mode);
        hold(
            Setup {
                script: text,
                host: Host::Only,
                layout: &layout,
                policies: &policies,
                after: None,
                rehearsal: true,
            },
            desk,
        )?;
        vec![layout]
    };
    for host in hosts {
        say(&format!("\n{}", files::read_text(&host.transcript_text())?))?;
    }
    say("\nThis was a rehearsal: nothing of it is left.\n")
}

fn both_hosts(text: &str, script: &Script, folder: &Path, desk: &mut dyn Desk) -> anyhow::Result<Vec<Layout>> {
    let (root, issuing) = (Layout::new(&folder.join("root"))?, Layout::new(&folder.join("issuing"))?);
    for host in [&root, &issuing] {
        policies::write(&host.policies(), script.mode)?;
    }
    let policies = policies::bundle(script.mode);
    let mut part = |host, layout: &Layout| {
        hold(Setup { script: text, host, layout, policies: &policies, after: None, rehearsal: true }, desk)
    };
    let waiting = part(Host::Issuing, &issuing)?;
    carry(&issuing, &root, REQUEST)?;
    let root_done = part(Host::Root, &root)?;
    carry(&root, &issuing, ANSWER)?;
    match (waiting, root_done, part(Host::Issuing, &issuing)?) {
        (Progress::Waiting(_), Progress::Finished, Progress::Finished) => Ok(vec![root, issuing]),
        other => bail!("the hosts did not wait for each other: {other:?}"),
    }
}

fn carry(from: &Layout, to: &Layout, name: &str) -> anyhow::Result<()> {
    let target = to.incoming(name);
    files::public_folder(target.parent().context("a file is in a folder")?)?;
    Ok(files::public(&target, files::read(&from.outgoing(name))?)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ceremony::transcript::verify::{Unsound, judge, judge_folder};
    use crate::cli::quickstart::demo;
    use crate::cli::quickstart::leftovers::{Leftover, refuse_other_ceremonies};
    use crate::cli::signer::transcripts;
    use crate::signer::config::{Mode, SignerConfig};
    use testkit::token::in_child;

    /// Whoever keeps the files of a rehearsal cannot show them for a ceremony: not to `sigill ceremony verify`, not to a
    /// signer, not to a service in production.
    #[test]
    fn a_rehearsal_never_passes_for_a_ceremony() {
        let test = "cli::ceremony::rehearsal::tests::a_rehearsal_never_passes_for_a_ceremony";
        in_child(
            test,
            |_, _| Ok(()),
            |folder| {
                let layout = Layout::new(&folder.root().join("kept")).unwrap();
                policies::write(&layout.policies(), Mode::Demo).unwrap();
                let policies = policies::bundle(Mode::Demo);
                let (script, mut answers) = (demo::PUBLISHED, demo::answers(demo::PUBLISHED).unwrap());
                let setup = Setup {
                    script,
                    host: Host::Only,
                    layout: &layout,
                    policies: &policies,
                    after: None,
                    rehearsal: true,
                };
                assert_eq!(hold(setup, &mut answers).unwrap(), Progress::Finished);

                let sealed = files::read_text(&layout.transcript()).unwrap();
                assert!(judge(&sealed).unwrap().rehearsal);
                assert!(matches!(judge_folder(layout.data(), &sealed), Err(Unsound::Rehearsal)));
                let refused = super::super::verify(layout.data()).unwrap_err().to_string();
                assert!(refused.contains("rehearsal"), "{refused}");
                let signer = SignerConfig::load(&layout.signer_config()).unwrap();
                let signer = SignerConfig { transcripts: vec![layout.transcript()], ..signer };
                let refused = format!("{:#}", transcripts::read(&signer).unwrap_err());
                assert!(refused.contains("rehearsal"), "{refused}");
                let refused = refuse_other_ceremonies(&layout.transcript()).unwrap_err();
                assert!(matches!(refused, Leftover::Ceremony { what: "rehearsal", .. }), "{refused}");
            },
        );
    }
}
