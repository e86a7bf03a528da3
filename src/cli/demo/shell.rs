//! Words for a shell.

use std::path::Path;

/// One word, in single quotes unless it needs none.
pub(crate) fn word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@%+,".contains(c);
    if !text.is_empty() && text.chars().all(plain) { text.to_owned() } else { quoted(text) }
}

/// One word for a path.
pub(crate) fn path(path: &Path) -> String {
    word(&path.to_string_lossy())
}

/// One word in single quotes, whatever is in it.
pub(crate) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    #[test]
    fn a_shell_reads_back_what_was_meant() {
        for text in ["plain", "", "two words", "it's", "$HOME `id` \"x\" \\", "åäö\n2"] {
            for written in [word(text), quoted(text)] {
                let output = Command::new("sh").arg("-c").arg(format!("printf %s {written}")).output().unwrap();
                assert_eq!(String::from_utf8(output.stdout).unwrap(), text);
            }
        }
    }
}
