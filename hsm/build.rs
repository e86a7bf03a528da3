//! Exports the embedded token's entry point from this crate's tests and examples.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var_os("CARGO_FEATURE_EMBEDDED_TOKEN").is_some() {
        println!("cargo::rustc-link-arg=-Wl,--export-dynamic-symbol=C_GetFunctionList");
    }
}
