//! Debian packages: which are missing, what they are for, and their installation.

use crate::shell::{command, is_root, on_path, output, run};
use anyhow::{Context, Result, bail};

/// A Debian or Ubuntu package and the reason to have it.
pub(crate) struct Package {
    name: &'static str,
    why: &'static str,
    /// A program that does as well, wherever it comes from.
    instead: Option<&'static str>,
}

const fn package(name: &'static str, why: &'static str) -> Package {
    Package { name, why, instead: None }
}

/// A package that many machines have from its makers instead.
const fn program(name: &'static str, instead: &'static str, why: &'static str) -> Package {
    Package { name, why, instead: Some(instead) }
}

/// What the build links against.
pub(crate) const BUILD: &[Package] = &[
    package("pkg-config", "finds OpenSSL for the build"),
    package("libssl-dev", "OpenSSL, the second opinion on every certificate"),
];

/// What a demo service on this machine needs, and the commands that it prints.
pub(crate) const RUN: &[Package] = &[
    package("softhsm2", "software tokens that stand in for the HSM and for cards"),
    package("openssl", "judges certificates, CRLs and OCSP answers"),
    package("curl", "a client that nobody here wrote"),
    package("opensc", "pkcs11-tool: puts keys and certificates on virtual cards"),
];

/// What the tests need beyond building and running.
pub(crate) const TEST: &[Package] = &[
    package("libapache2-mod-auth-mellon", "a SAML service that nobody here wrote"),
    package("libxml2-utils", "xmllint: judges SAML metadata and messages by the schemas"),
    package("opensaml-schemas", "the schemas of SAML"),
    package("xmltooling-schemas", "the schemas of XML signatures and encryption"),
    package("xmlsec1", "judges XML signatures, and decrypts assertions"),
    package("dnsmasq-base", "serves the zones of names that are to be certified"),
    program("chromium", "chromium", "walks through the pages, with a card and without"),
    package("chrony", "says how good a clock is; the tests start one that touches no clock"),
    package("nginx-light", "a proxy in front of the card's origin"),
    package("gnutls-bin", "judges OCSP answers and card logins"),
    package("libengine-pkcs11-openssl", "lets OpenSSL and curl use a key on a virtual card"),
    program("nodejs", "node", "runs openid-client, a certified relying party"),
    program("npm", "npm", "installs openid-client"),
    package("p11-kit", "serves a token from another process, so that it can be stopped and killed"),
    package("p11-kit-modules", "the client side of a token served by p11-kit"),
    package("libp11-kit-dev", "PKCS#11 headers of the fault shim"),
    package("postgresql", "the second database engine"),
    package("python3-aiosmtpd", "takes the mail that tests have sent"),
    package("procps", "kill and ps: tests stop and count processes"),
    package("sqlite3", "looks at the embedded database from outside"),
    package("python3", "runs pkilint and schemathesis"),
    package("python3-venv", "keeps them apart from the system's Python"),
];

/// What building the feature `embedded-token` needs: an OpenSSL of its own, and bindings to it.
pub(crate) const EMBEDDED: &[Package] = &[
    package("perl", "configures the OpenSSL of the embedded token"),
    package("make", "builds the OpenSSL of the embedded token"),
    package("clang", "reads the headers that the embedded token binds"),
];

/// What the benchmarks compare with.
pub(crate) const BENCH: &[Package] = &[
    package("nginx-light", "serves the same OCSP answers as static files"),
    package("postgresql", "the second database engine"),
    package("strace", "counts the sync calls behind durable commits"),
    package("procps", "kill: ends what counts sync calls"),
    package("python3-venv", "keeps OpenBao apart from the system's Python"),
];

/// What building fuzz targets needs.
pub(crate) const FUZZ: &[Package] = &[package("g++", "libFuzzer is built from its C++ source")];

/// Installs what is missing of `sets`, as root or through sudo.
///
/// Where there is no `dpkg` the equivalents are named, and what is really missing fails the step that needs it.
///
/// # Errors
/// If packages are missing and neither root nor sudo is at hand, or apt fails.
pub(crate) fn ensure(sets: &[&[Package]]) -> Result<()> {
    let wanted = sets.iter().copied().flatten();
    if !on_path("dpkg-query") {
        println!("This is not Debian or Ubuntu. Install the equivalents of these by hand:");
        for package in wanted {
            println!("  {:<26}{}", package.name, package.why);
        }
        return Ok(());
    }
    let missing: Vec<&Package> = wanted.filter(|package| package.is_missing()).collect();
    if missing.is_empty() {
        println!("System packages: all there.");
        return Ok(());
    }
    println!("Missing system packages:");
    for package in &missing {
        println!("  {:<26}{}", package.name, package.why);
    }
    let names: Vec<&str> = missing.iter().map(|package| package.name).collect();
    install(&names)
}

impl Package {
    fn is_missing(&self) -> bool {
        !self.instead.is_some_and(on_path) && !is_installed(self.name)
    }
}

/// A package that dpkg never heard of makes the query fail; that too means it is not installed.
fn is_installed(name: &str) -> bool {
    command("dpkg-query", &["-W", "-f=${db:Status-Status}", name])
        .and_then(|mut query| output(&mut query))
        .is_ok_and(|status| status == "installed")
}

fn install(names: &[&str]) -> Result<()> {
    let prefix: &[&str] = match (is_root()?, on_path("sudo")) {
        (true, _) => &[],
        (false, true) => &["sudo"],
        (false, false) => {
            bail!("neither root nor sudo: let an administrator run `apt-get install {}`", names.join(" "))
        }
    };
    let apt = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-o", "DPkg::Lock::Timeout=600"];
    let update = [prefix, &apt, &["update"]].concat();
    let install = [prefix, &apt, &["install", "-y", "--no-install-recommends"], names].concat();
    for words in [update, install] {
        let (program, arguments) = words.split_first().context("an apt command has words")?;
        run(&mut command(program, arguments)?)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_that_does_not_exist_is_not_installed() {
        assert!(!is_installed("no-such-package-of-any-kind"));
    }
}
