//! The app somebody stands in: where it is, how it is built, what it says of itself.

mod build;
pub mod cargo_call;
mod description;
mod env;
pub mod port;
mod program;
mod replace;
pub mod secret;
mod settings;
mod shape;

pub use build::Target;
pub use description::{Description, RouteLine};
pub use program::Program;
pub use replace::replace;
pub use settings::{settings, settings_from_here};
pub use shape::{InOrder, Kind, Shape};

use crate::terminal::{Failure, shell};
use std::io;
use std::path::{Path, PathBuf};

/// The folder whose Cargo.toml has `[package.metadata.orcs]`.
#[derive(Debug)]
pub struct App {
    pub root: PathBuf,
}

impl App {
    /// The nearest app at or above the current folder.
    pub fn find() -> Result<Self, Failure> {
        let here = std::env::current_dir()
            .map_err(|e| Failure::new(format!("cannot tell the current folder: {e}")))?;
        for root in here.ancestors() {
            if is_app(&root.join("Cargo.toml"))? {
                return Ok(Self {
                    root: root.to_owned(),
                });
            }
        }
        Err(Failure::not_an_app(
            "no orcs app here (looked for Cargo.toml with package.metadata.orcs up to /)",
        )
        .help("orcs new myapp"))
    }
}

fn is_app(manifest: &Path) -> Result<bool, Failure> {
    let text = match std::fs::read_to_string(manifest) {
        Ok(text) => text,
        Err(e)
            if matches!(
                e.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
            ) =>
        {
            return Ok(false);
        }
        Err(e) => {
            return Err(Failure::new(format!(
                "cannot read {}: {e}",
                shell::visible(manifest)
            )));
        }
    };
    let manifest: toml::Table = text
        .parse()
        .map_err(|e| Failure::new(format!("{} is not valid: {e}", shell::visible(manifest))))?;
    let key = |key| move |value: &toml::Value| value.get(key).cloned();
    let package = manifest.get("package").cloned();
    Ok(package
        .and_then(|p| key("metadata")(&p))
        .and_then(|m| key("orcs")(&m))
        .is_some())
}
