//! The Cargo.lock of a new app: the versions that the framework itself is tested with.
//!
//! With it cargo asks no network before a build, and everything it names came along
//! when this command was built. `templates/Cargo.lock` has all entries but the app's own
//! (`cargo xtask templates` renews it).

use super::file::File;
use super::template::TEMPLATES;
use std::collections::BTreeSet;

/// What the entries of the framework say about where it is.
#[derive(Clone, Debug, PartialEq)]
pub enum Pinned {
    /// In a folder: cargo writes nothing.
    Folder,
    /// At a commit of a repository: the whole source as cargo writes it.
    Commit(String),
    /// Unknown before cargo has looked; it adds these entries and keeps all others.
    Open,
}

/// The lock of the app with this manifest.
///
/// Cargo compares texts under `--locked`: order and spaces are cargo's own.
pub fn render(manifest: &toml::Table, pinned: &Pinned) -> File {
    let (head, entries) = common();
    let mut entries: Vec<String> = entries
        .filter(|entry| *pinned != Pinned::Open || !is_framework(name_of(entry)))
        .map(|entry| match pinned {
            Pinned::Commit(source) if is_framework(name_of(entry)) => with_source(entry, source),
            _ => entry.to_owned(),
        })
        .collect();
    let own = own(manifest, pinned);
    let place = entries.partition_point(|entry| name_of(entry) < name_of(&own));
    entries.insert(place, own);

    let mut lock = head.to_owned();
    for entry in entries {
        lock.extend([ENTRY, &entry, "\n"]);
    }
    File::new("Cargo.lock", lock)
}

/// Whether a package of that name comes with every app: the lock could not tell the two apart.
pub fn has_package(name: &str) -> bool {
    common().1.any(|entry| name_of(entry) == name)
}

/// The head of the lock, and the entries that all apps have.
fn common() -> (&'static str, impl Iterator<Item = &'static str>) {
    let lock = TEMPLATES
        .get_file("Cargo.lock")
        .and_then(include_dir::File::contents_utf8)
        .unwrap_or_default();
    let mut parts = lock.split(ENTRY);
    (parts.next().unwrap_or_default(), parts.map(str::trim_end))
}

/// The entry of the app itself, with what its manifest asks for.
fn own(manifest: &toml::Table, pinned: &Pinned) -> String {
    let mut names = BTreeSet::new();
    for kind in ["dependencies", "dev-dependencies", "build-dependencies"] {
        let table = manifest.get(kind).and_then(toml::Value::as_table);
        for (key, value) in table.into_iter().flatten() {
            let package = value.get("package").and_then(toml::Value::as_str);
            names.insert(package.unwrap_or(key));
        }
    }
    names.retain(|name| *pinned != Pinned::Open || !is_framework(name));
    let text = |key: &str| manifest["package"][key].as_str().unwrap_or_default();
    let mut entry = format!(
        "name = \"{}\"\nversion = \"{}\"",
        text("name"),
        text("version")
    );
    if !names.is_empty() {
        entry.push_str("\ndependencies = [");
        for name in names {
            entry.extend(["\n \"", name, "\","]);
        }
        entry.push_str("\n]");
    }
    entry
}

/// The second line of an entry is its version, the third where it comes from.
fn with_source(entry: &str, source: &str) -> String {
    let end = entry
        .match_indices('\n')
        .nth(1)
        .map_or(entry.len(), |(at, _)| at);
    let (before, after) = entry.split_at(end);
    format!("{before}\nsource = \"{source}\"{after}")
}

fn name_of(entry: &str) -> &str {
    let line = entry.lines().next().unwrap_or_default();
    line.trim_start_matches("name = ").trim_matches('"')
}

/// The packages that come from one place, ours.
fn is_framework(name: &str) -> bool {
    matches!(name, "orcs-rs" | "orcs-macros")
}

const ENTRY: &str = "\n[[package]]\n";

#[cfg(test)]
mod tests {
    use super::*;

    fn lock(pinned: &Pinned) -> String {
        let manifest = r#"
            package = { name = "myapp", version = "0.1.0" }
            dependencies = { orcs = { package = "orcs-rs" }, serde = "1" }
            dev-dependencies = { orcs = { package = "orcs-rs" }, serde_json = "1" }
        "#;
        String::from_utf8(render(&manifest.parse().unwrap(), pinned).contents).unwrap()
    }

    fn names(lock: &str) -> Vec<&str> {
        lock.split(ENTRY).skip(1).map(name_of).collect()
    }

    #[test]
    fn the_app_stands_among_the_others_in_order() {
        let lock = lock(&Pinned::Folder);
        assert!(names(&lock).is_sorted());
        let own = "name = \"myapp\"\nversion = \"0.1.0\"\ndependencies = [\n \"orcs-rs\",\n \
                   \"serde\",\n \"serde_json\",\n]\n";
        assert!(lock.contains(own), "{lock}");
        assert!(lock.parse::<toml::Table>().is_ok());
    }

    #[test]
    fn a_commit_is_said_by_both_packages() {
        let source = "git+https://example.com/orcs?rev=abc#abc";
        let lock: toml::Table = lock(&Pinned::Commit(source.into())).parse().unwrap();
        for package in lock["package"].as_array().unwrap() {
            let ours = is_framework(package["name"].as_str().unwrap());
            let from = package.get("source").and_then(toml::Value::as_str);
            assert_eq!(from == Some(source), ours, "{package}");
        }
    }

    #[test]
    fn what_is_not_known_is_left_to_cargo() {
        let lock = lock(&Pinned::Open);
        assert!(!lock.contains("name = \"orcs-"), "{lock}");
        let own = "name = \"myapp\"\nversion = \"0.1.0\"\ndependencies = [\n \"serde\",\n";
        assert!(lock.contains(own), "{lock}");
    }
}
