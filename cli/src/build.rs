//! `orcs build`: the program that goes to a server.

use crate::app::App;
use crate::terminal::{Failure, answer, say};
use serde_json::json;
use std::fs;
use std::path::Path;
use std::time::Instant;

/// Build the program that goes to a server, and print its path
///
/// Builds with the app's release profile, which in a new app optimises across all crates
/// and leaves symbols out. What it needs beside it: `.env` and `public/`.
#[derive(clap::Args)]
pub struct Args {
    /// Build for another platform, such as x86_64-unknown-linux-musl
    #[arg(long, value_name = "TRIPLE")]
    target: Option<String>,

    /// Print path, bytes and seconds as JSON
    #[arg(long)]
    json: bool,
}

pub fn run(args: &Args) -> Result<(), Failure> {
    let app = App::find()?;
    let start = Instant::now();
    let mut words = vec!["--release"];
    if let Some(target) = &args.target {
        words.extend(["--target", target]);
    }
    let program = app
        .build_with(&words)
        .map_err(|failure| match &args.target {
            Some(target) if is_missing(target) => {
                failure.help(format!("rustup target add {target}"))
            }
            _ => failure,
        })?;
    let seconds = start.elapsed().as_secs_f64();
    let path = program.path();
    let bytes = fs::metadata(path)
        .map_err(|e| Failure::new(format!("cannot look at what cargo has built: {e}")))?;
    let bytes = bytes.len();
    if args.json {
        let json = json!({ "path": shown(path), "bytes": bytes, "seconds": seconds, "target": args.target });
        return answer::print(&json.to_string());
    }
    answer::print(&shown(path))?;
    say!("  {} in {seconds:.1} s", size(bytes));
    Ok(())
}

/// A path is the answer as it is, also for `cp $(orcs build) ..`.
fn shown(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// Whether rustup knows that the platform's standard library is not installed.
fn is_missing(target: &str) -> bool {
    let output = std::process::Command::new("rustup")
        .args(["target", "list", "--installed"])
        .output();
    output.is_ok_and(|output| {
        let installed = String::from_utf8_lossy(&output.stdout);
        output.status.success() && !installed.lines().any(|line| line.trim() == target)
    })
}

/// `3.4 MB`: decimal, as shells and file managers tell it.
fn size(bytes: u64) -> String {
    let tenths = |unit: u64| (bytes * 10 + unit / 2) / unit;
    let (tenths, unit) = match bytes {
        0..1_000_000 => (tenths(1_000), "kB"),
        _ => (tenths(1_000_000), "MB"),
    };
    format!("{}.{} {unit}", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_one_decimal() {
        for (bytes, text) in [
            (0, "0.0 kB"),
            (949, "0.9 kB"),
            (999_999, "1000.0 kB"),
            (3_449_999, "3.4 MB"),
            (12_000_000, "12.0 MB"),
        ] {
            assert_eq!(size(bytes), text);
        }
    }
}
