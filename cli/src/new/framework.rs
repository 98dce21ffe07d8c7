//! Where the framework is that a new app depends on.
//!
//! Always a folder, never a bare version: whoever owns a name on a registry gets
//! code into the builds of those who write that name.

use crate::terminal::{Failure, shell};
use std::path::{Component, Path, PathBuf};
use std::str::FromStr;

/// The package a new app depends on.
const PACKAGE: &str = "orcs-rs";

/// The value of `--framework`.
#[derive(Clone, Debug)]
pub struct Source(PathBuf);

impl FromStr for Source {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.strip_prefix("path:") {
            Some(dir) if !dir.is_empty() => Ok(Self(dir.into())),
            _ => Err("expected path:DIR, such as path:../orcs"),
        }
    }
}

/// A checkout of the framework.
#[derive(Debug)]
pub struct Framework {
    dir: PathBuf,
    /// How we know of it, in brackets behind the path.
    pub origin: &'static str,
}

impl Framework {
    /// The one that was asked for, else the checkout this command was built from.
    pub fn locate(source: Option<&Source>) -> Result<Self, Failure> {
        match source {
            Some(Source(dir)) => Self::open(dir, "as --framework says").ok_or_else(|| {
                Failure::new(format!(
                    "`{}` does not hold the package `{PACKAGE}`",
                    shell::visible(dir)
                ))
                .help("DIR in --framework path:DIR is the folder with the framework's Cargo.toml")
            }),
            None => Self::built_from(Path::new(env!("CARGO_MANIFEST_DIR"))).ok_or_else(|| {
                Failure::new("the checkout this command was built from is gone").help(
                    "orcs new --framework path:DIR PATH, where DIR is a checkout of the framework",
                )
            }),
        }
    }

    fn built_from(manifest_dir: &Path) -> Option<Self> {
        // Cargo cleans this cache when nobody has used it for some months, and
        // the apps that point into it would break.
        let components: Vec<_> = manifest_dir
            .components()
            .map(Component::as_os_str)
            .collect();
        if components
            .windows(2)
            .any(|pair| pair[0] == "git" && pair[1] == "checkouts")
        {
            return None;
        }
        Self::open(manifest_dir.parent()?, "this command was built from it")
    }

    fn open(dir: &Path, origin: &'static str) -> Option<Self> {
        let dir = dir.canonicalize().ok()?;
        let manifest = std::fs::read_to_string(dir.join("Cargo.toml")).ok()?;
        let manifest: toml::Table = manifest.parse().ok()?;
        let name = manifest.get("package")?.get("name")?.as_str()?;
        (name == PACKAGE).then_some(Self { dir, origin })
    }

    /// The path as the app's Cargo.toml should say it: relative when the app lies
    /// inside or beside the checkout, so that both can move together.
    pub fn seen_from(&self, app: &Path) -> PathBuf {
        let Some(app) = resolve(app) else {
            return self.dir.clone();
        };
        if let Ok(inside) = app.strip_prefix(&self.dir) {
            return inside.components().map(|_| Component::ParentDir).collect();
        }
        match (app.parent(), self.dir.parent(), self.dir.file_name()) {
            (Some(shelf), Some(same), Some(name)) if shelf == same => Path::new("..").join(name),
            _ => self.dir.clone(),
        }
    }
}

/// The path without links, although its last folders may not exist yet.
fn resolve(path: &Path) -> Option<PathBuf> {
    let path = std::path::absolute(path).ok()?;
    let (real, existing) = path
        .ancestors()
        .find_map(|ancestor| Some((ancestor.canonicalize().ok()?, ancestor)))?;
    let missing = path.strip_prefix(existing).ok()?;
    // What `..` leads to cannot be told before the folder in front of it exists.
    let plain = missing
        .components()
        .all(|part| matches!(part, Component::Normal(_)));
    // Joining nothing would leave a slash at the end.
    plain.then(|| real.components().chain(missing.components()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checkout() -> (tempfile::TempDir, Framework) {
        let shelf = tempfile::tempdir().unwrap();
        let dir = shelf.path().join("my orcs");
        std::fs::create_dir_all(dir.join("cli")).unwrap();
        std::fs::write(dir.join("Cargo.toml"), "[package]\nname = \"orcs-rs\"\n").unwrap();
        let framework = Framework::built_from(&dir.join("cli")).unwrap();
        (shelf, framework)
    }

    #[test]
    fn an_app_near_the_checkout_gets_a_relative_path() {
        let (shelf, framework) = checkout();
        let seen = |app: &str| framework.seen_from(&shelf.path().join(app));
        assert_eq!(seen("myapp"), Path::new("../my orcs"));
        assert_eq!(seen("my orcs/myapp"), Path::new(".."));
        assert_eq!(seen("my orcs/apps/myapp"), Path::new("../.."));
        assert_eq!(seen("apps/myapp"), framework.dir);
        assert_eq!(seen("gone/../myapp"), framework.dir);
    }

    #[test]
    fn another_package_is_not_the_framework() {
        let (shelf, _) = checkout();
        std::fs::write(
            shelf.path().join("Cargo.toml"),
            "[package]\nname = \"other\"\n",
        )
        .unwrap();
        assert!(Framework::open(shelf.path(), "").is_none());
        assert!(Framework::open(&shelf.path().join("nowhere"), "").is_none());
    }

    #[test]
    fn no_app_points_into_cargos_cache() {
        let (shelf, _) = checkout();
        let dir = shelf.path().join("git/checkouts/orcs-1234/abcdef");
        std::fs::create_dir_all(&dir).unwrap();
        std::fs::copy(
            shelf.path().join("my orcs/Cargo.toml"),
            dir.join("Cargo.toml"),
        )
        .unwrap();
        assert!(Framework::built_from(&dir.join("cli")).is_none());
    }

    #[test]
    fn a_source_says_its_kind() {
        assert!("path:../orcs".parse::<Source>().is_ok());
        for text in ["path:", "../orcs", "version:0.1", ""] {
            assert!(text.parse::<Source>().is_err(), "`{text}` is accepted");
        }
    }
}
