//! Sizes: what a person can hold in the head.

use super::rust::{Token, code, tokens};
use super::tree::{Finding, Tree};

const FILE_LIMIT_LINES: usize = 600;
const FUNCTION_LIMIT_LINES: usize = 100;

/// Kinds of files that people write by hand and read as a whole.
const WRITTEN: &[&str] = &["rs", "sql", "sh", "py", "c", "html", "css", "js", "mjs", "ftl"];

/// Files above the limit.
pub(crate) fn files(tree: &Tree) -> Vec<Finding> {
    let written = WRITTEN.iter().flat_map(|end| tree.ending(end));
    let sizes = written.map(|(path, text)| (path, text.lines().count())).filter(|(_, lines)| *lines > FILE_LIMIT_LINES);
    sizes
        .map(|(path, lines)| Finding::new(path, 0, format!("{lines} lines; the limit is {FILE_LIMIT_LINES}")))
        .collect()
}

/// Functions above the limit, from `fn` to the closing brace.
pub(crate) fn functions(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in tree.ending("rs") {
        let code = code(text);
        for (name, first, last) in bodies(&tokens(&code)) {
            let lines = last - first + 1;
            if lines > FUNCTION_LIMIT_LINES {
                let what = format!("function {name} has {lines} lines; the limit is {FUNCTION_LIMIT_LINES}");
                findings.push(Finding::new(path, first, what));
            }
        }
    }
    findings
}

/// Name, first and last line of every function with a body.
fn bodies<'a>(tokens: &[Token<'a>]) -> Vec<(&'a str, usize, usize)> {
    let starts = (0..tokens.len()).filter(|&at| tokens[at].text == "fn");
    starts.filter_map(|at| Some((tokens.get(at + 1)?.text, tokens[at].line, end(&tokens[at + 1..])?))).collect()
}

/// Last line of a function that starts here; nothing for a declaration or a type.
fn end(tokens: &[Token<'_>]) -> Option<usize> {
    let (mut brackets, mut braces) = (0_usize, 0_usize);
    for token in tokens {
        match token.text {
            "(" | "[" => brackets += 1,
            ")" | "]" => brackets = brackets.checked_sub(1)?,
            ";" if braces == 0 && brackets == 0 => return None,
            "{" => braces += 1,
            "}" => {
                braces = braces.checked_sub(1)?;
                if braces == 0 {
                    return Some(token.line);
                }
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_601_lines_is_refused_and_one_of_600_is_not() {
        let tree =
            Tree::of(&[("a.rs", &"\n".repeat(601)), ("b.rs", &"\n".repeat(600)), ("long.lock", &"\n".repeat(900))]);
        assert_eq!(files(&tree), [Finding::new("a.rs", 0, "601 lines; the limit is 600")]);
    }

    #[test]
    fn a_function_of_101_lines_is_refused_and_one_of_100_is_not() {
        let function = |lines: usize| {
            format!("trait T {{ fn d(x: [u8; 4]); }}\nfn f(x: [u8; 4]) {{\n{}}}", "//\n".repeat(lines - 2))
        };
        let tree = Tree::of(&[("a.rs", &function(101)), ("b.rs", &function(100))]);
        assert_eq!(functions(&tree), [Finding::new("a.rs", 2, "function f has 101 lines; the limit is 100")]);
    }

    #[test]
    fn braces_in_strings_do_not_end_a_function() {
        let text = format!("fn f() {{ \"}}\";\n{}}}", "//\n".repeat(120));
        assert_eq!(functions(&Tree::of(&[("a.rs", &text)])).len(), 1);
    }

    #[test]
    fn a_function_pointer_type_is_no_function() {
        let text = format!("struct S {{ f: fn(u8) -> u8 }}\nmod m {{\n{}}}", "//\n".repeat(200));
        assert!(functions(&Tree::of(&[("a.rs", &text)])).is_empty());
    }
}
