//! The framework as a copy that travels inside the app: it needs no repository at all.

use crate::new::file::File;
use crate::new::template::files_below;
use crate::terminal::Failure;
use include_dir::{Dir, include_dir};
use std::path::{Component, Path};
use toml::{Table, Value};

/// The framework's sources, inside the command. Its manifests have another name there,
/// since cargo packs no folder that has a Cargo.toml.
static FRAMEWORK: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/framework");
const MANIFEST: &str = "manifest.toml";

/// Where the copy lies in an app.
pub const DIR: &str = "vendor/orcs";

/// Adds the copy to an app's files, and keeps cargo from taking it for a part of the app:
/// the tools of an app would check, and its lock would hold, what only the framework's own
/// tests need.
pub fn add(files: &mut Vec<File>) -> Result<(), Failure> {
    let manifest = files
        .iter_mut()
        .find(|file| file.path == Path::new("Cargo.toml"));
    if let Some(manifest) = manifest {
        let text = String::from_utf8_lossy(&manifest.contents);
        let text = text.replacen("[workspace]\n", "[workspace]\nexclude = [\"vendor\"]\n", 1);
        manifest.contents = text.into();
    }

    let shared = parse(&FRAMEWORK, MANIFEST)?;
    for file in files_below(&FRAMEWORK) {
        let path = file.path();
        if path.ends_with(MANIFEST) {
            let alone = stand_alone(parse(&FRAMEWORK, path)?, &shared);
            files.push(File::new(
                Path::new(DIR).join(path.with_file_name("Cargo.toml")),
                format!("{HEAD}{alone}"),
            ));
        } else if !is_its_own(path) {
            files.push(File::new(Path::new(DIR).join(path), file.contents()));
        }
    }
    Ok(())
}

const HEAD: &str = concat!(
    "# The framework as `orcs ",
    env!("CARGO_PKG_VERSION"),
    "` brought it along.\n\n"
);

/// The tests, and the showcase's `main`.
fn is_its_own(path: &Path) -> bool {
    let is_tests =
        |part: Component<'_>| matches!(part.as_os_str().to_str(), Some("tests" | "tests.rs"));
    path == Path::new("src/main.rs") || path.components().any(is_tests)
}

fn parse(dir: &Dir<'_>, path: impl AsRef<Path>) -> Result<Table, Failure> {
    let text = dir
        .get_file(path)
        .and_then(include_dir::File::contents_utf8);
    text.unwrap_or_default().parse().map_err(|e| {
        Failure::new(format!(
            "this command's copy of the framework is broken: {e}"
        ))
    })
}

/// The manifest without its workspace: what it inherits is written out, and only what
/// building it needs stays.
fn stand_alone(mut manifest: Table, shared: &Table) -> Table {
    for part in ["workspace", "bin", "dev-dependencies", "lints", "profile"] {
        manifest.remove(part);
    }
    let shared = shared.get("workspace").and_then(|all| all.get("package"));
    let Some(package) = manifest.get_mut("package").and_then(Value::as_table_mut) else {
        return manifest;
    };
    for key in ["autobenches", "default-run", "include", "metadata"] {
        package.remove(key);
    }
    for (key, value) in package.iter_mut() {
        let inherited = value
            .get("workspace")
            .and(shared)
            .and_then(|all| all.get(key));
        if let Some(inherited) = inherited {
            *value = inherited.clone();
        }
    }
    manifest
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn vendored() -> BTreeMap<String, String> {
        let mut files = vec![File::new("Cargo.toml", "[workspace]\n# Empty.\n")];
        add(&mut files).unwrap();
        let text = |file: File| {
            let text = String::from_utf8(file.contents).unwrap();
            (file.path.to_str().unwrap().to_owned(), text)
        };
        files.into_iter().map(text).collect()
    }

    #[test]
    fn the_copy_stands_alone() {
        let files = vendored();
        for manifest in ["vendor/orcs/Cargo.toml", "vendor/orcs/macros/Cargo.toml"] {
            assert!(
                !files[manifest].contains("workspace"),
                "{}",
                files[manifest]
            );
            let manifest: Table = files[manifest].parse().unwrap();
            let package = &manifest["package"];
            assert_eq!(package["version"].as_str(), Some(env!("CARGO_PKG_VERSION")));
            assert_eq!(package["edition"].as_str(), Some("2024"));
            assert!(!manifest.contains_key("dev-dependencies"));
        }
        assert!(files.contains_key("vendor/orcs/LICENSE"));
        assert!(files.contains_key("vendor/orcs/src/lib.rs"));
        assert!(!files.contains_key("vendor/orcs/src/main.rs"));
        assert!(files.keys().all(|path| !path.contains("tests")));
    }

    #[test]
    fn the_copy_is_no_part_of_the_app() {
        let manifest = &vendored()["Cargo.toml"];
        assert_eq!(manifest, "[workspace]\nexclude = [\"vendor\"]\n# Empty.\n");
    }
}
