//! As much of Rust as the rules need: code without comments and literals, and its tokens.

/// A piece of code: a name, `::`, or one other character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token<'a> {
    pub(crate) text: &'a str,
    /// Counted from 1.
    pub(crate) line: usize,
}

/// The text with the inside of comments, strings and characters replaced by spaces. Lines stay where they are.
pub(crate) fn code(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let after_name = code.ends_with(|before: char| before == '_' || before.is_alphanumeric());
        let (length, blank) = match opaque(rest, after_name) {
            Some(length) => (length, true),
            None => (first.len_utf8(), false),
        };
        let (piece, later) = rest.split_at(length);
        if blank {
            code.extend(piece.chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
        } else {
            code.push_str(piece);
        }
        rest = later;
    }
    code
}

/// Tokens of what [`code`] gave back.
pub(crate) fn tokens(code: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    for (number, line) in code.lines().enumerate() {
        let mut rest = line.trim_start();
        while let Some(first) = rest.chars().next() {
            let length = match first {
                _ if is_name(first) => rest.find(|c| !is_name(c)).unwrap_or(rest.len()),
                ':' if rest.starts_with("::") => 2,
                _ => first.len_utf8(),
            };
            let (text, later) = rest.split_at(length);
            tokens.push(Token { text, line: number + 1 });
            rest = later.trim_start();
        }
    }
    tokens
}

fn is_name(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}

/// Length in bytes of the comment or literal that `rest` starts with, if it does.
fn opaque(rest: &str, after_name: bool) -> Option<usize> {
    if rest.starts_with("//") {
        return Some(rest.find('\n').unwrap_or(rest.len()));
    }
    if rest.starts_with("/*") {
        return Some(block_comment(rest));
    }
    if rest.starts_with('"') {
        return Some(quoted(rest, 1));
    }
    if rest.starts_with('\'') {
        return character(rest);
    }
    if after_name { None } else { prefixed(rest) }
}

/// Block comments nest.
fn block_comment(rest: &str) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while at < rest.len() {
        let tail = &rest[at..];
        match tail.get(..2) {
            Some("/*") => (depth, at) = (depth + 1, at + 2),
            Some("*/") if depth == 1 => return at + 2,
            Some("*/") => (depth, at) = (depth - 1, at + 2),
            _ => at += tail.chars().next().map_or(1, char::len_utf8),
        }
    }
    rest.len()
}

/// Length up to the closing quote, from the byte after the opening one.
fn quoted(rest: &str, from: usize) -> usize {
    let bytes = rest.as_bytes();
    let mut at = from;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    rest.len()
}

/// A character; not a lifetime, which has no closing quote.
fn character(rest: &str) -> Option<usize> {
    let mut inside = rest[1..].char_indices();
    let (_, first) = inside.next()?;
    if first == '\\' {
        return Some(1 + 2 + rest.get(3..)?.find('\'')? + 1);
    }
    let (next, closing) = inside.next()?;
    (closing == '\'').then_some(1 + next + 1)
}

/// Byte strings, C strings and raw strings.
fn prefixed(rest: &str) -> Option<usize> {
    let prefix = ["br", "cr", "b", "c", "r"].into_iter().find(|prefix| rest.starts_with(prefix))?;
    let tail = &rest[prefix.len()..];
    if prefix.ends_with('r') {
        let hashes = tail.len() - tail.trim_start_matches('#').len();
        let opening = prefix.len() + hashes + 1;
        let inside = tail[hashes..].strip_prefix('"')?;
        let closing = format!("\"{}", "#".repeat(hashes));
        return Some(inside.find(&closing).map_or(rest.len(), |at| opening + at + closing.len()));
    }
    match tail.chars().next()? {
        '"' => Some(quoted(rest, prefix.len() + 1)),
        '\'' if prefix == "b" => Some(1 + character(tail)?),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn squeezed(text: &str) -> String {
        tokens(&code(text)).iter().map(|token| token.text).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn comments_and_literals_vanish() {
        for (text, expected) in [
            ("a // fn {", "a"),
            ("a /* { /* { */ } */ b", "a b"),
            (r#"a("{ \" }") b"#, "a ( ) b"),
            ("a(r#\"{ \" }\"#) b", "a ( ) b"),
            ("a(br\"{\") b", "a ( ) b"),
            ("a('{', '\\'', b'{', '\\u{7b}') b", "a ( , , , ) b"),
            ("fn f<'a>(x: &'a str) {}", "fn f < ' a > ( x : & ' a str ) { }"),
            ("use crate::http::{a, b};", "use crate :: http :: { a , b } ;"),
            ("robe\"x\"", "robe"),
            ("\"åäö {\" ö", "ö"),
        ] {
            assert_eq!(squeezed(text), expected, "{text}");
        }
    }

    #[test]
    fn lines_stay_where_they_are() {
        let code = code("/* one\ntwo */\n\"three\nfour\" five");
        assert_eq!(tokens(&code), [Token { text: "five", line: 4 }]);
    }
}
