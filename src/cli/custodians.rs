//! Custodians at this program: their codes open their shares.

use super::ceremony::terminal::ask_code;
use crate::ceremony::files;
use crate::ceremony::participant::Code;
use crate::signer::unlock::shared_pin::{Share, SharedPin};
use anyhow::{Context, ensure};
use secrecy::SecretString;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// A custodian's code, from a file or typed; `what` says what it does.
///
/// # Errors
/// If there is none.
pub(super) fn code(what: &str, custodian: &str, file: Option<&Path>) -> anyhow::Result<Code> {
    given(what, custodian, file)?.with_context(|| format!("{custodian} gave no code"))
}

/// The PIN that these shares hold, from as many custodians as are needed. Whose code is in none of `files` is asked.
///
/// # Errors
/// If a code is not its custodian's, or too few gave one.
pub(super) fn pin(shares: &Path, files: &BTreeMap<String, PathBuf>) -> anyhow::Result<SecretString> {
    let split = SharedPin::read(shares)?;
    let needed = usize::from(split.needed);
    let what = format!("opens token {}", split.token);
    let mut opened: Vec<Share> = Vec::new();
    for custodian in split.shares.iter().map(|share| share.custodian.as_str()) {
        let file = files.get(custodian).map(PathBuf::as_path);
        if opened.len() == needed || (file.is_none() && !files.is_empty()) {
            continue;
        }
        if let Some(code) = given(&what, custodian, file)? {
            opened.push(split.open_share(custodian, &code.share_opener())?);
        }
    }
    ensure!(opened.len() == needed, "{} of {needed} custodians gave their codes", opened.len());
    Ok(split.join(opened.iter())?)
}

/// Reads `CUSTODIAN=FILE`.
///
/// # Errors
/// If there is no `=`.
pub(super) fn code_file(text: &str) -> Result<(String, PathBuf), String> {
    let (custodian, file) = text.split_once('=').ok_or("write CUSTODIAN=FILE")?;
    Ok((custodian.to_owned(), file.into()))
}

fn given(what: &str, custodian: &str, file: Option<&Path>) -> anyhow::Result<Option<Code>> {
    let Some(file) = file else {
        return Ok(ask_code(&format!("{custodian}, your code {what}; nothing if you do not want that: "))?);
    };
    let text = Zeroizing::new(files::read_text(file)?);
    Ok(text.lines().next().map(str::trim).filter(|line| !line.is_empty()).map(Code::typed))
}
