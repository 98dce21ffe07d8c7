//! What the command knows of its own build.

fn main() {
    // A new file among the templates must reach the command: `include_dir!` alone
    // notices only changes of files it already knows.
    println!("cargo::rerun-if-changed=templates");
    // `orcs doctor` asks for the crates of this platform alone.
    let target = std::env::var_os("TARGET").expect("cargo sets TARGET");
    println!("cargo::rustc-env=ORCS_TARGET={}", target.display());
}
