use super::arrows;
use crate::tidy::tree::Tree;

fn refused(path: &str, text: &str) -> Vec<String> {
    arrows(&Tree::of(&[(path, text)])).iter().map(ToString::to_string).collect()
}

#[test]
fn arrows_up_and_sideways_are_refused() {
    for (path, text, expected) in [
        ("src/service/issue.rs", "use crate::http::Problem;", "service may not use http::Problem"),
        ("src/service/issue.rs", "fn f() { crate::jobs::run() }", "service may not use jobs::run"),
        ("src/http/ra/mod.rs", "use crate::{\n  app::App,\n  jobs::{a, b},\n};", "http may not use jobs::a"),
        ("src/http/mod.rs", "use super::cli::x;", "http may not use cli::x"),
        ("src/http/ra/apply.rs", "use super::super::super::portal;", "http may not use portal"),
        ("src/jobs/expire.rs", "use crate::http;", "jobs may not use http"),
        ("src/cli/audit.rs", "use crate::http::listen;", "cli may not use http::listen"),
        ("src/portal/home.rs", "use crate::http::status;", "portal may not use http::status"),
        ("src/main.rs", "fn main() { sigill::http::start() }", "main may not use http::start"),
    ] {
        let found = refused(path, text);
        assert!(found.first().is_some_and(|first| first.ends_with(expected)), "{text}: {found:?}");
    }
}

#[test]
fn the_signer_knows_three_crates_and_no_service() {
    for text in
        ["use store::Db;", "fn f() -> store::Db {}", "use store;", "use crate::service::issue;", "use crate::app::App;"]
    {
        assert_eq!(refused("src/signer/journal.rs", text).len(), 1, "{text}");
    }
    assert!(refused("src/signer/journal.rs", "use pki::Tbs; use domain::Approval; use hsm::Pool;").is_empty());
}

#[test]
fn only_services_and_what_joins_the_parts_name_the_store() {
    assert_eq!(refused("src/http/ra.rs", "use store::Db;").len(), 1);
    assert!(refused("src/service/issue.rs", "use store::Db;").is_empty());
    assert!(refused("src/app.rs", "use store::Db; use crate::{http, jobs};").is_empty());
}

#[test]
fn arrows_of_the_table_are_allowed() {
    for (path, text) in [
        ("src/http/ra.rs", "use crate::service::{approve, issue}; use super::problem::Problem; use crate::app::App;"),
        ("src/http/ra.rs", "mod tests { use super::super::problem; use crate::http::ra; }"),
        ("src/portal/home.rs", "use crate::http::permit::Permit; use crate::http::{problem, permit};"),
        ("src/cli/serve.rs", "use crate::{http, jobs};"),
        ("src/service/issue.rs", "// crate::http\nconst A: &str = \"crate::http\"; use crate::app::App;"),
        ("src/config/mod.rs", "mod store; use store::Section;"),
        ("src/lib.rs", "pub use crate::http::listen;"),
        ("src/main.rs", "fn main() { sigill::cli::run() }"),
    ] {
        assert_eq!(refused(path, text), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn an_inner_module_does_not_shift_what_super_means_after_it() {
    let text = "mod inner { use super::a; }\nuse super::jobs::b;";
    assert_eq!(refused("src/http.rs", text), ["src/http.rs:2: http may not use jobs::b"]);
}

#[test]
fn a_module_without_a_row_is_refused() {
    assert_eq!(refused("src/common/mod.rs", "").len(), 1);
}
