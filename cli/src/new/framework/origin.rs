//! What `--framework auto` is: the framework as this command itself was installed.

use super::checkout::Checkout;
use super::source::Source;
use std::fs;
use std::path::Path;

/// Where this command was built, as the build script saw it.
#[derive(Clone, Copy, Debug)]
enum Built<'a> {
    /// In a folder of somebody's.
    Checkout(&'a Path),
    /// By `cargo install --git`, at this commit. Cargo cleans that folder when nobody has
    /// used it for some months, so no app may point into it.
    Git { rev: &'a str },
    /// From a registry.
    Registry,
}

/// The source, seen from the app's folder, and how we know.
pub fn find(app: &Path, is_published: bool) -> (Source, &'static str) {
    let manifest_dir = Path::new(env!("CARGO_MANIFEST_DIR"));
    let built = match env!("ORCS_BUILT_IN") {
        "git" => Built::Git {
            rev: env!("ORCS_BUILT_AT"),
        },
        "registry" => Built::Registry,
        _ => Built::Checkout(manifest_dir.parent().unwrap_or(manifest_dir)),
    };
    let installed = std::env::current_exe().ok();
    // `ROOT/bin/orcs`, beside which cargo notes what it installed.
    let root = installed
        .as_deref()
        .and_then(Path::parent)
        .and_then(Path::parent);
    let notes = root.and_then(|root| fs::read_to_string(root.join(".crates2.json")).ok());
    resolve(built, app, is_published, notes.as_deref())
}

fn resolve(
    built: Built<'_>,
    app: &Path,
    is_published: bool,
    notes: Option<&str>,
) -> (Source, &'static str) {
    match built {
        Built::Checkout(dir) => {
            if let Some(checkout) = Checkout::open(dir) {
                let origin = "this command was built from a checkout";
                return (Source::Path(checkout.seen_from(app)), origin);
            }
        }
        Built::Git { rev } => {
            if let Some(url) = notes.and_then(|notes| url_of(notes, rev)) {
                let rev = Some(rev.to_owned());
                return (
                    Source::Git { url, rev },
                    "this command was installed from it",
                );
            }
        }
        Built::Registry if is_published => {
            let version = env!("CARGO_PKG_VERSION").to_owned();
            return (Source::Version(version), "the release of this command");
        }
        Built::Registry => {}
    }
    (Source::Vendor, "what this command was built with")
}

/// The repository that cargo installed this commit from:
/// `cargo-orcs 0.1.0 (git+https://example.com/orcs?branch=main#COMMIT)`.
///
/// The checkout's own `git remote` would be cargo's local copy.
fn url_of(notes: &str, rev: &str) -> Option<String> {
    let notes: serde_json::Value = serde_json::from_str(notes).ok()?;
    let package = concat!(env!("CARGO_PKG_NAME"), " ");
    let mut installs = notes.get("installs")?.as_object()?.keys();
    let source = installs.find_map(|id| {
        let source = id.strip_prefix(package)?.split_once("(git+")?.1;
        source
            .strip_suffix(')')?
            .strip_suffix(rev)?
            .strip_suffix('#')
    })?;
    let url = source.split_once('?').map_or(source, |(url, _)| url);
    // A password must not reach the manifest of an app.
    let user = url.split_once("://")?.1.split('/').next()?.rsplit_once('@');
    let is_open = user.is_none_or(|(user, _)| user == "git");
    (is_open && !rev.is_empty()).then(|| url.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const REV: &str = "0123456789abcdef0123456789abcdef01234567";

    fn found(built: Built<'_>, is_published: bool, notes: Option<&str>) -> String {
        let app = Path::new("/nowhere/myapp");
        resolve(built, app, is_published, notes).0.to_string()
    }

    fn notes(source: &str) -> String {
        format!(
            r#"{{"installs":{{"other 1.0.0 (registry+https://x)":{{}},"cargo-orcs 0.1.0 ({source})":{{}}}}}}"#
        )
    }

    #[test]
    fn a_checkout_that_is_gone_leaves_the_copy() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(found(Built::Checkout(dir.path()), false, None), "vendor");
        let manifest = "[package]\nname = \"orcs-rs\"\n";
        fs::write(dir.path().join("Cargo.toml"), manifest).unwrap();
        let path = dir.path().canonicalize().unwrap();
        let path = format!("path:{}", path.display());
        assert_eq!(found(Built::Checkout(dir.path()), false, None), path);
    }

    #[test]
    fn what_cargo_installed_from_git_is_named_by_its_repository() {
        let built = Built::Git { rev: REV };
        for (source, url) in [
            (format!("git+https://a.b/orcs#{REV}"), "https://a.b/orcs"),
            (
                format!("git+https://a.b/orcs?branch=x#{REV}"),
                "https://a.b/orcs",
            ),
            (
                format!("git+ssh://git@a.b/orcs.git#{REV}"),
                "ssh://git@a.b/orcs.git",
            ),
        ] {
            let git = format!("git:{url}@{REV}");
            assert_eq!(found(built, false, Some(&notes(&source))), git);
        }
        for source in [
            format!("git+https://a.b/orcs#{}", REV.replace('0', "f")),
            format!("git+https://ann:secret@a.b/orcs#{REV}"),
            "path+file:///srv/orcs/cli".to_owned(),
        ] {
            assert_eq!(
                found(built, false, Some(&notes(&source))),
                "vendor",
                "{source}"
            );
        }
        assert_eq!(found(built, false, None), "vendor");
        assert_eq!(found(built, false, Some("not JSON")), "vendor");
        assert_eq!(
            found(
                Built::Git { rev: "" },
                false,
                Some(&notes("git+https://a.b/orcs#"))
            ),
            "vendor"
        );
    }

    #[test]
    fn a_version_is_written_only_for_what_was_published() {
        assert_eq!(found(Built::Registry, false, None), "vendor");
        let version = concat!("version:", env!("CARGO_PKG_VERSION"));
        assert_eq!(found(Built::Registry, true, None), version);
    }
}
