//! A checkout of the framework on this machine.

use super::PACKAGE;
use crate::new::place::resolve;
use std::path::{Component, Path, PathBuf};

/// The folder with the framework's Cargo.toml.
#[derive(Debug)]
pub struct Checkout(PathBuf);

impl Checkout {
    pub fn open(dir: &Path) -> Option<Self> {
        let dir = dir.canonicalize().ok()?;
        let manifest = std::fs::read_to_string(dir.join("Cargo.toml")).ok()?;
        let manifest: toml::Table = manifest.parse().ok()?;
        let name = manifest.get("package")?.get("name")?.as_str()?;
        (name == PACKAGE).then_some(Self(dir))
    }

    /// The path as the app's Cargo.toml should say it: relative when the app lies
    /// inside or beside the checkout, so that both can move together.
    pub fn seen_from(&self, app: &Path) -> PathBuf {
        let dir = &self.0;
        let Some(app) = resolve(app) else {
            return dir.clone();
        };
        if let Ok(inside) = app.strip_prefix(dir) {
            return inside.components().map(|_| Component::ParentDir).collect();
        }
        match (app.parent(), dir.parent(), dir.file_name()) {
            (Some(shelf), Some(same), Some(name)) if shelf == same => Path::new("..").join(name),
            _ => dir.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checkout() -> (tempfile::TempDir, Checkout) {
        let shelf = tempfile::tempdir().unwrap();
        let dir = shelf.path().join("my orcs");
        std::fs::create_dir(&dir).unwrap();
        std::fs::write(dir.join("Cargo.toml"), "[package]\nname = \"orcs-rs\"\n").unwrap();
        let checkout = Checkout::open(&dir).unwrap();
        (shelf, checkout)
    }

    #[test]
    fn an_app_near_the_checkout_gets_a_relative_path() {
        let (shelf, checkout) = checkout();
        let seen = |app: &str| checkout.seen_from(&shelf.path().join(app));
        assert_eq!(seen("myapp"), Path::new("../my orcs"));
        assert_eq!(seen("my orcs/myapp"), Path::new(".."));
        assert_eq!(seen("my orcs/apps/myapp"), Path::new("../.."));
        assert_eq!(seen("apps/myapp"), checkout.0);
        assert_eq!(seen("gone/../myapp"), checkout.0);
    }

    #[test]
    fn another_package_is_not_the_framework() {
        let (shelf, _) = checkout();
        std::fs::write(
            shelf.path().join("Cargo.toml"),
            "[package]\nname = \"other\"\n",
        )
        .unwrap();
        assert!(Checkout::open(shelf.path()).is_none());
        assert!(Checkout::open(&shelf.path().join("nowhere")).is_none());
    }
}
