//! What the compiler tells newcomers: each mistake in `tests/ui/` names its cause and its cure.
//!
//! A file is one mistake. Its head says how it is written right, and, where the words are rustc's
//! own and say no more than what is wrong, why ours cannot be there. After a change of the
//! words, `TRYBUILD=overwrite cargo test --test compile_errors` writes the `.stderr` files anew:
//! read the difference as somebody who sees orcs for the first time.

use std::io::Write;
use std::process::Command;

/// The compiler whose words stand in `tests/ui/*.stderr`; the next one finds others.
const RUSTC: &str = "1.95";

#[test]
fn a_mistake_in_a_route_names_its_cause_and_its_cure() {
    let version = rustc_version();
    if !is_one_of(RUSTC, &version) {
        // Not by `eprintln!`, which only a failed test shows.
        let mut stderr = std::io::stderr();
        let _ = writeln!(
            stderr,
            "compile_errors: skipped, because tests/ui/*.stderr are the words of rustc {RUSTC} and \
             this is `{version}`. To compare: `cargo +{RUSTC} test --test compile_errors`. To go on \
             with another one: name it in tests/compile_errors.rs, and run with TRYBUILD=overwrite"
        );
        return;
    }
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}

#[test]
fn another_compiler_is_told_apart() {
    assert!(is_one_of("1.95", "rustc 1.95.0 (59807616e 2026-04-14)"));
    assert!(is_one_of("1.95", "rustc 1.95.2"));
    for other in [
        "rustc 1.9.5 (101e17df9 2016-07-04)",
        "rustc 1.950.0",
        "rustc 1.96.0 (aaaaaaaaa 2026-05-28)",
        "rustc 1.95.0-beta.3 (aaaaaaaaa 2026-03-28)",
        "rustc 1.95.0-nightly (aaaaaaaaa 2026-02-28)",
        "",
    ] {
        assert!(!is_one_of("1.95", other), "{other}");
    }
}

/// What `rustc --version` prints, of the compiler that cargo uses here.
fn rustc_version() -> String {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).arg("--version").output();
    let output = output.expect("rustc compiled this");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// Whether a compiler is a release of this minor version.
fn is_one_of(minor: &str, version: &str) -> bool {
    let number = version.split(' ').nth(1).unwrap_or_default();
    let patch = number
        .strip_prefix(minor)
        .and_then(|rest| rest.strip_prefix('.'));
    patch.is_some_and(|patch| patch.parse::<u32>().is_ok())
}
