//! The first run's work, in a process of its own.

use super::ceremony::Ceremony;
use super::layout::Layout;
use super::plan::Plan;
use super::ports::Ports;
use super::{authorities, files, people, policies, settings, signer_files};
use crate::policies::PolicyFolder;
use crate::signer::ceremony::Foundation;
use anyhow::Context;
use hsm::Module;
use std::os::unix::fs::MetadataExt;

/// Makes everything that an installation is made of. The folder holds the marker of an unfinished
/// set-up, the tokens' configuration, and nothing else.
///
/// # Errors
/// If anything cannot be made; the folder is then useless, and the next run begins again.
pub(crate) async fn run(layout: &Layout, ports: Ports, database: &str, module: Module) -> anyhow::Result<()> {
    let plan = Plan::demo()?;
    make_folders(layout)?;
    if module == Module::Embedded {
        // Before any token is made: the module reads it once.
        files::private(&layout.embedded_tokens(), hsm::embedded_configuration(&layout.tokens(), EMBEDDED_SLOTS))?;
    }
    policies::write(&layout.policies())?;

    let owner = std::fs::metadata(layout.data())?.uid();
    let configuration = signer_files::configuration(&plan, ports, layout, owner);
    let officers = signer_files::officers(&plan)?;
    let bundle = PolicyFolder::read(&layout.policies())?.bundle;
    let foundation = Foundation::create(&configuration, &officers, &signer_files::standing(&plan), &bundle)
        .context("founding the signer's journal")?;

    let mut ceremony = Ceremony::open(&plan, (layout, &module), ports, database, foundation).await?;
    ceremony.load_policies(&bundle).await?;
    let authorities = authorities::found(&mut ceremony).await?;
    let people = people::register(&mut ceremony, &authorities).await?;
    people::spare_card(&ceremony)?;
    ceremony.close().await?;

    files::private(&layout.people(), serde_json::to_vec_pretty(&people)?)?;
    files::private(&layout.signer_config(), toml::to_string(&configuration)?)?;
    files::public(&layout.config(), settings::render(&plan, ports, layout, (database, &module)))?;
    files::remove(&layout.unfinished())
}

fn make_folders(layout: &Layout) -> anyhow::Result<()> {
    for private in
        [layout.tokens(), layout.secrets(), layout.signer(), layout.run(), layout.tls(), layout.person_files()]
    {
        files::private_folder(&private)?;
    }
    for public in [layout.policies(), layout.authorities()] {
        std::fs::create_dir_all(&public).with_context(|| format!("cannot make {}", public.display()))?;
    }
    Ok(())
}

/// Root, issuing CAs, service: cards need a module that other programs can load.
const EMBEDDED_SLOTS: u32 = 3;
