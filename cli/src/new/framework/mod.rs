//! The framework that a new app depends on.
//!
//! Never a bare version of a name that we do not own: whoever registers it gets code
//! into the builds of those who write it.

mod checkout;
mod origin;
mod source;
mod vendor;

pub use source::Source;

use super::file::File;
use super::lock::Pinned;
use crate::terminal::{Failure, shell};
use checkout::Checkout;
use std::path::Path;

/// The package a new app depends on.
const PACKAGE: &str = "orcs-rs";

/// Whether `PACKAGE` is on crates.io, and ours. Set with the first release.
const IS_PUBLISHED: bool = false;

/// Where a new app's framework is, as its Cargo.toml will say it.
#[derive(Debug)]
pub struct Framework {
    /// Anything but `Auto`; a path is seen from the app's folder.
    pub source: Source,
    /// How we know of it, when nobody said.
    pub origin: Option<&'static str>,
}

impl Framework {
    /// The one that was asked for, seen from the app's folder.
    pub fn locate(asked: &Source, app: &Path) -> Result<Self, Failure> {
        let source = match asked {
            Source::Auto => {
                let (source, origin) = origin::find(app, IS_PUBLISHED);
                return Ok(Self {
                    source,
                    origin: Some(origin),
                });
            }
            Source::Path(dir) => {
                let checkout = Checkout::open(dir).ok_or_else(|| not_there(dir))?;
                Source::Path(checkout.seen_from(app))
            }
            Source::Version(version) if !IS_PUBLISHED => {
                return Err(Failure::new(format!(
                    "there is no release of `{PACKAGE}` yet, so `{version}` could be anybody's"
                ))
                .help("--framework vendor puts a copy into the app"));
            }
            other => other.clone(),
        };
        Ok(Self {
            source,
            origin: None,
        })
    }

    /// The keys of the dependency: `path = "../orcs"`.
    pub fn keys(&self) -> Result<String, Failure> {
        let key = |key: &str, value: &str| format!("{key} = {}", toml::Value::from(value));
        Ok(match &self.source {
            Source::Auto | Source::Vendor => key("path", vendor::DIR),
            Source::Path(dir) => key("path", dir.to_str().ok_or_else(|| unwritable(dir))?),
            Source::Git { url, rev: None } => key("git", url),
            Source::Git {
                url,
                rev: Some(rev),
            } => {
                format!("{}, {}", key("git", url), key("rev", rev))
            }
            Source::Version(version) => key("version", version),
        })
    }

    /// What the app's lock says of it.
    pub fn pinned(&self) -> Pinned {
        match &self.source {
            Source::Auto | Source::Vendor | Source::Path(_) => Pinned::Folder,
            Source::Git {
                url,
                rev: Some(rev),
            } if is_commit(rev) => Pinned::Commit(format!("git+{url}?rev={rev}#{rev}")),
            Source::Git { .. } | Source::Version(_) => Pinned::Open,
        }
    }

    /// Adds the framework itself where it travels with the app.
    pub fn come_along(&self, files: &mut Vec<File>) -> Result<(), Failure> {
        match self.source {
            Source::Vendor => vendor::add(files),
            _ => Ok(()),
        }
    }
}

/// As people read it: `path ../orcs`.
impl std::fmt::Display for Framework {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.source {
            Source::Auto | Source::Vendor => write!(f, "a copy in {}", vendor::DIR),
            Source::Path(dir) => write!(f, "path {}", shell::visible(dir)),
            Source::Git { url, rev: None } => write!(f, "git {}", shell::visible(url)),
            Source::Git {
                url,
                rev: Some(rev),
            } => {
                write!(f, "git {} at {}", shell::visible(url), shell::visible(rev))
            }
            Source::Version(version) => write!(f, "version {version}"),
        }
    }
}

fn is_commit(rev: &str) -> bool {
    rev.len() == 40 && rev.chars().all(|c| matches!(c, '0'..='9' | 'a'..='f'))
}

fn not_there(dir: &Path) -> Failure {
    let dir = shell::visible(dir);
    Failure::new(format!("`{dir}` does not hold the package `{PACKAGE}`"))
        .help("DIR in --framework path:DIR is the folder with the framework's Cargo.toml")
}

fn unwritable(dir: &Path) -> Failure {
    Failure::new(format!(
        "Cargo.toml cannot hold the path `{}`: it is not UTF-8",
        shell::visible(dir)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn framework(source: &str) -> Framework {
        Framework {
            source: source.parse().unwrap(),
            origin: None,
        }
    }

    #[test]
    fn the_keys_are_toml_whatever_the_path() {
        for path in ["../orcs", "/a b/\"quoted\"/it's", "/back\\slash"] {
            let framework = framework(&format!("path:{path}"));
            let keys: toml::Table = framework.keys().unwrap().parse().unwrap();
            assert_eq!(keys["path"].as_str(), Some(path));
        }
        let git = framework("git:https://a.b/orcs@v1");
        assert_eq!(
            git.keys().unwrap(),
            r#"git = "https://a.b/orcs", rev = "v1""#
        );
        let vendor = framework("vendor");
        assert_eq!(vendor.keys().unwrap(), r#"path = "vendor/orcs""#);
    }

    #[test]
    fn only_a_whole_commit_is_pinned() {
        let commit = "0123456789abcdef0123456789abcdef01234567";
        let pinned = framework(&format!("git:https://a.b/orcs@{commit}")).pinned();
        let source = format!("git+https://a.b/orcs?rev={commit}#{commit}");
        assert_eq!(pinned, Pinned::Commit(source));
        for open in [
            "git:https://a.b/orcs",
            "git:https://a.b/orcs@0123456",
            "version:0.1",
        ] {
            assert_eq!(framework(open).pinned(), Pinned::Open);
        }
    }

    #[test]
    fn a_version_that_nobody_published_is_refused() {
        let version = Source::Version("0.1".to_owned());
        let refusal = Framework::locate(&version, Path::new("myapp"));
        assert_eq!(refusal.is_err(), !IS_PUBLISHED);
    }
}
