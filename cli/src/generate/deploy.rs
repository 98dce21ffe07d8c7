//! What both ways to deploy an app have to know of it.

use crate::app::App;
use crate::terminal::{Failure, shell};
use serde::Serialize;
use std::fs;
use std::path::{Component, Path, PathBuf};

/// What the templates may ask for.
#[derive(Debug, Serialize)]
pub struct Values {
    /// The name of the app's program.
    pub program: String,
    /// Whether there are pages.
    pub public: bool,
    /// Whether the versions of all dependencies are written down.
    pub locked: bool,
    /// Where the framework has to be in an image, if it is a folder outside of the app.
    pub framework: Option<String>,
    /// Where that folder is here, quoted for YAML.
    pub framework_here: Option<String>,
}

impl Values {
    pub fn of(app: &App) -> Result<Self, Failure> {
        let manifest = app.root.join("Cargo.toml");
        let text = fs::read_to_string(&manifest)
            .map_err(|e| Failure::new(format!("cannot read {}: {e}", shell::visible(&manifest))))?;
        let manifest: toml::Table = (text.parse()).map_err(|e| {
            Failure::new(format!("{} is not valid: {e}", shell::visible(&manifest)))
        })?;
        let program = program(&manifest).ok_or_else(|| {
            Failure::new("Cargo.toml does not say the name of the app's program")
                .help("give `[package]` a `name` of letters, digits, `-` and `_`")
        })?;
        let framework = framework(&manifest);
        let outside = framework.as_deref().and_then(place_in_image);
        Ok(Self {
            program,
            public: app.root.join("public").is_dir(),
            locked: app.root.join("Cargo.lock").is_file(),
            framework_here: outside.as_ref().and(framework).map(|path| {
                serde_json::to_string(&path).expect("a text is JSON, which YAML can read")
            }),
            framework: outside,
        })
    }
}

/// The name that cargo gives to what it makes of `src/main.rs`.
fn program(manifest: &toml::Table) -> Option<String> {
    let package = manifest.get("package")?;
    let bins = manifest.get("bin").and_then(toml::Value::as_array);
    let of_main = bins.into_iter().flatten().find(|bin| {
        let path = bin.get("path").and_then(toml::Value::as_str);
        path.is_none_or(|path| path == "src/main.rs")
    });
    let name = of_main
        .and_then(|bin| bin.get("name"))
        .or(package.get("name"))?
        .as_str()?;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    (!name.is_empty() && name.chars().all(is_plain)).then(|| name.to_owned())
}

/// The folder that `orcs` comes from, as the manifest says it.
fn framework(manifest: &toml::Table) -> Option<String> {
    let orcs = manifest.get("dependencies")?.get("orcs")?;
    Some(orcs.get("path")?.as_str()?.to_owned())
}

/// Where a folder has to be when the app is in `/build/app`; `None` for one inside of it, which
/// is copied with the app, and for one whose path no Dockerfile can say.
fn place_in_image(path: &str) -> Option<String> {
    let mut place = PathBuf::from("/build/app");
    for part in Path::new(path).components() {
        match part {
            Component::RootDir => place = PathBuf::from("/"),
            Component::ParentDir => _ = place.pop(),
            Component::Normal(name) => place.push(name),
            Component::CurDir | Component::Prefix(_) => {}
        }
    }
    if place.starts_with("/build/app") {
        return None;
    }
    let place = place.to_str()?;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/-_.+@".contains(c);
    place.chars().all(is_plain).then(|| place.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_framework_is_where_the_app_looks_for_it() {
        for (path, place) in [
            ("../orcs", Some("/build/orcs")),
            ("../../../../x", Some("/x")),
            ("/elsewhere/orcs", Some("/elsewhere/orcs")),
            ("..", Some("/build")),
            ("vendor/orcs", None),
            ("./vendor/../orcs", None),
            ("../my orcs", None),
        ] {
            assert_eq!(place_in_image(path).as_deref(), place, "{path}");
        }
    }

    #[test]
    fn the_program_has_the_name_that_cargo_gives_it() {
        let name = |manifest: &str| program(&manifest.parse().unwrap());
        assert_eq!(name("[package]\nname = \"a-b\"").as_deref(), Some("a-b"));
        let bins = "[package]\nname = \"a\"\n[[bin]]\nname = \"tool\"\npath = \"src/tool.rs\"\n";
        assert_eq!(name(bins).as_deref(), Some("a"));
        let main = format!("{bins}[[bin]]\nname = \"server\"\npath = \"src/main.rs\"\n");
        assert_eq!(name(&main).as_deref(), Some("server"));
        assert_eq!(name("[package]\nname = \"a\\nRUN x\""), None);
    }
}
