//! Other people's programs that carry our name.

use super::check::Check;
use super::toolchain::find;
use crate::app::cargo_call::cargo_home;
use std::collections::BTreeMap;
use std::fs;

/// Packages on the registry that are strangers'.
const STRANGERS: [&str; 2] = ["orcs", "orcs-cli"];

/// Whether cargo has installed one of them.
pub fn installed() -> Check {
    const NAME: &str = "strangers";
    let list = cargo_home().map(|home| home.join(".crates2.json"));
    let list = list.and_then(|path| fs::read_to_string(path).ok());
    match list.as_deref().and_then(stranger) {
        Some(name) => Check::failed(
            NAME,
            format!(
                "the package `{name}` of the registry is installed, and is not this framework's"
            ),
            format!("cargo uninstall {name}"),
        ),
        None => Check::ok(NAME, "no package that only sounds like ours is installed"),
    }
}

/// cargo's list has keys such as `orcs-cli 0.1.1 (registry+https://..)`.
fn stranger(list: &str) -> Option<&'static str> {
    #[derive(serde::Deserialize)]
    struct List {
        installs: BTreeMap<String, serde::de::IgnoredAny>,
    }
    let list: List = serde_json::from_str(list).ok()?;
    STRANGERS.into_iter().find(|name| {
        let is_it = |key: &String| {
            let mut words = key.split(' ');
            words.next() == Some(name)
                && words
                    .nth(1)
                    .is_some_and(|from| from.starts_with("(registry"))
        };
        list.installs.keys().any(is_it)
    })
}

/// Whether typing `orcs` runs this program.
pub fn on_path() -> Check {
    const NAME: &str = "PATH";
    let (Some(found), Ok(own)) = (find("orcs"), std::env::current_exe()) else {
        let message = "`orcs` is not on PATH; `cargo orcs` works inside of a checkout";
        let fix = "cargo install --path cli, in the framework's checkout";
        return Check::warning(NAME, message, fix);
    };
    let real = |path: &std::path::Path| path.canonicalize().ok();
    if real(&found) == real(&own) {
        return Check::ok(NAME, "`orcs` is this program");
    }
    let message = format!("`orcs` is {}, and not this program", found.display());
    Check::warning(
        NAME,
        message,
        "cargo install --path cli, in the framework's checkout",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_strangers_package_is_told_from_ours() {
        let list = |key: &str| {
            format!(
                r#"{{"installs":{{"ripgrep 14.1.0 (registry+https://x)":{{}},"{key}":{{"bins":["orcs"]}}}}}}"#
            )
        };
        let strange = |key: &str| stranger(&list(key));
        assert_eq!(
            strange("orcs-cli 0.1.1 (registry+https://x)"),
            Some("orcs-cli")
        );
        assert_eq!(strange("orcs 0.0.8 (registry+https://x)"), Some("orcs"));
        assert_eq!(strange("cargo-orcs 0.1.0 (path+file:///orcs/cli)"), None);
        assert_eq!(strange("orcs 1.0.0 (path+file:///mine)"), None);
        assert_eq!(stranger("no json"), None);
    }
}
