//! A new file among the templates must reach the command: `include_dir!` alone
//! notices only changes of files it already knows.
fn main() {
    println!("cargo::rerun-if-changed=templates");
}
