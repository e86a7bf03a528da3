//! A real browser at the pages: headless Chromium, axe, and what every page must be.

use super::Installation;
use rcgen::KeyPair;
use serde_json::{Value, json};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A person's certificate and key, as files.
#[derive(Debug, Clone)]
pub struct Files {
    certificate: PathBuf,
    key: PathBuf,
}

/// A place where somebody looks.
#[derive(Debug, Clone)]
pub struct View {
    name: String,
    url: String,
    shows: Option<Files>,
    clicks: Vec<String>,
    script: bool,
    leaves: bool,
}

/// How somebody looks: each page is seen both ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sight {
    /// In Swedish, in a narrow and dark window.
    Narrow,
    /// In English, in a wide window.
    Wide,
}

/// What was seen there.
#[derive(Debug)]
pub struct Seen(Value);

impl Files {
    /// The software key of a person of the manifest.
    pub fn of(person: &Value) -> Self {
        let path = |name: &str| PathBuf::from(person[name].as_str().unwrap());
        Self { certificate: path("certificate"), key: path("key") }
    }

    /// A certificate and its key, written to files of this name.
    pub fn write(installation: &Installation, name: &str, certificate: &str, key: &KeyPair) -> Self {
        let path = |ending: &str| installation.folder().join(format!("{name}.{ending}"));
        let files = Self { certificate: path("pem"), key: path("key") };
        std::fs::write(&files.certificate, certificate).unwrap();
        std::fs::write(&files.key, key.serialize_pem()).unwrap();
        files
    }
}

impl View {
    /// A page, seen by nobody in particular.
    pub fn new(name: &str, url: &str) -> Self {
        Self {
            name: name.to_owned(),
            url: url.to_owned(),
            shows: None,
            clicks: Vec::new(),
            script: true,
            leaves: false,
        }
    }

    /// With a certificate.
    pub fn shown(mut self, files: &Files) -> Self {
        self.shows = Some(files.clone());
        self
    }

    /// After pressing this.
    pub fn click(mut self, selector: &str) -> Self {
        self.clicks.push(selector.to_owned());
        self
    }

    /// In a browser that runs no scripts; then axe, itself one, does not look.
    pub fn without_script(mut self) -> Self {
        self.script = false;
        self
    }

    /// Waits until the relying service is reached.
    pub fn leaves(mut self) -> Self {
        self.leaves = true;
        self
    }

    fn plan(&self, sight: Sight, origins: &[String], until: &str) -> Value {
        let narrow = sight == Sight::Narrow;
        let mut plan = json!({
            "name": format!("{}-{}", self.name, sight.language()),
            "url": self.url,
            "clicks": self.clicks,
            "origins": origins,
            "language": if narrow { "sv-SE" } else { "en-GB" },
            "width": if narrow { 320 } else { 1280 },
            "dark": narrow,
            "script": self.script,
            "until": until,
            "arrives": self.leaves,
        });
        if let Some(files) = &self.shows {
            plan["certificate"] = files.certificate.to_str().unwrap().into();
            plan["key"] = files.key.to_str().unwrap().into();
        }
        plan
    }
}

impl Sight {
    /// The language that it is seen in.
    pub fn language(self) -> &'static str {
        if self == Self::Narrow { "sv" } else { "en" }
    }
}

impl Seen {
    /// Status, language and heading, as one text.
    pub fn told(&self) -> String {
        let text = |name: &str| self.0[name].as_str().unwrap_or_default();
        format!("{} {} {}", self.0["status"], text("lang"), text("heading"))
    }

    /// All that stands on the page.
    pub fn text(&self) -> &str {
        self.0["text"].as_str().unwrap_or_default()
    }

    /// The address at the relying service that was called in the end.
    pub fn arrived(&self) -> &str {
        self.0["arrived"].as_str().unwrap_or_else(|| panic!("nobody arrived: {}", self.0))
    }

    /// Nothing for axe to find, nothing that scrolls sideways, and everything that can be reached shows it.
    pub fn must_be_accessible(&self) {
        let seen = &self.0;
        let nothing = |name: &str| seen[name].as_array().is_some_and(Vec::is_empty);
        assert!(seen["failed"].is_null(), "{seen}");
        assert!(nothing("violations") && nothing("unmarked") && nothing("complaints"), "{seen}");
        assert_eq!(seen["sideways"], false, "{seen}");
        assert!(seen["rules"].as_u64().unwrap() >= 8, "axe looked: {seen}");
        assert!(!nothing("stops"), "{seen}");
    }
}

/// Sends a browser through the views, each in every sight. `origins` are asked for the certificate; `until` is where a walk
/// ends. Screenshots are kept in `target/tmp/pages`, for people to look at.
pub fn look(views: &[View], origins: &[String], until: &str) -> Vec<(Sight, Seen)> {
    let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pages");
    let sights = [Sight::Narrow, Sight::Wide];
    let pairs: Vec<(Sight, &View)> = views.iter().flat_map(|view| sights.map(|sight| (sight, view))).collect();
    let plans: Vec<Value> = pairs.iter().map(|(sight, view)| view.plan(*sight, origins, until)).collect();
    let said = drive(&json!({"out": out, "views": plans}));
    let seen: Vec<Seen> = said.lines().map(|line| Seen(serde_json::from_str(line).unwrap())).collect();
    assert_eq!(seen.len(), pairs.len(), "{said}");
    pairs.into_iter().map(|(sight, _)| sight).zip(seen).collect()
}

fn drive(plan: &Value) -> String {
    let mut driver = Command::new("node")
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients/pages.mjs"))
        .env("NODE_DIR", node())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    driver.stdin.take().unwrap().write_all(plan.to_string().as_bytes()).unwrap();
    let output = driver.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8(output.stdout).unwrap()
}

/// The folder with the programs in JavaScript.
pub fn node() -> String {
    std::env::var("SIGILL_TEST_NODE")
        .expect("run the tests with `cargo xtask test`: it installs what drives the browser")
}
