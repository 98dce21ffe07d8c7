//! How many packages a first build will have, told from the app's files.

use std::collections::{BTreeMap, BTreeSet};
use toml::{Table, Value};

/// What the manifest asks for, and all that needs in turn. The lock file alone names more: what
/// only tests and other members of a workspace need. A few too many stay, those of other systems.
pub fn packages(manifest: &str, lock: &str) -> usize {
    let needs = needs(&lock.parse().unwrap_or_default());
    let mut open = asked_for(&manifest.parse().unwrap_or_default());
    let mut found = BTreeSet::new();
    while let Some(name) = open.pop() {
        if let Some(next) = needs.get(&name)
            && found.insert(name)
        {
            open.extend(next.iter().cloned());
        }
    }
    // The app itself.
    found.len() + 1
}

/// The packages of the manifest that every build has.
fn asked_for(manifest: &Table) -> Vec<String> {
    let targets = manifest.get("target").and_then(Value::as_table);
    let targets = targets.into_iter().flat_map(Table::values);
    let tables = targets.filter_map(Value::as_table).chain([manifest]);
    let kinds = ["dependencies", "build-dependencies"];
    let asked = tables
        .flat_map(|table| kinds.map(|kind| table.get(kind)?.as_table()))
        .flatten()
        .flatten();
    let is_optional = |value: &Value| value.get("optional").and_then(Value::as_bool) == Some(true);
    asked
        .filter(|(_, value)| !is_optional(value))
        .map(|(key, value)| {
            let package = value.get("package").and_then(Value::as_str);
            package.unwrap_or(key).to_owned()
        })
        .collect()
}

/// What each package of the lock file needs, by name.
fn needs(lock: &Table) -> BTreeMap<String, Vec<String>> {
    let packages = lock.get("package").and_then(Value::as_array);
    let packages = packages.into_iter().flatten().filter_map(|package| {
        let name = package.get("name")?.as_str()?.to_owned();
        let needs = package.get("dependencies").and_then(Value::as_array);
        // Behind the name may stand a version.
        let needs = needs.into_iter().flatten().filter_map(Value::as_str);
        let needs = needs.filter_map(|need| need.split(' ').next());
        Some((name, needs.map(str::to_owned).collect()))
    });
    packages.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_built_is_what_the_app_asks_for_and_what_that_needs() {
        let manifest = r#"
            dependencies = { web = "1", mine = { package = "theirs" }, tls = { version = "1", optional = true } }
            dev-dependencies = { proof = "1" }
            target."cfg(unix)".dependencies = { signals = "1" }
        "#;
        let lock = r#"
            [[package]]
            name = "app"
            dependencies = ["proof", "signals", "theirs", "tls", "web"]
            [[package]]
            name = "web"
            dependencies = ["bytes", "log 1.0.0"]
            [[package]]
            name = "log"
            dependencies = ["web"]
            [[package]]
            name = "bytes"
            [[package]]
            name = "proof"
            [[package]]
            name = "signals"
            [[package]]
            name = "theirs"
            [[package]]
            name = "tls"
        "#;
        // The app, web, bytes, log, theirs, signals.
        assert_eq!(packages(manifest, lock), 6);
        assert_eq!(packages("no manifest", ""), 1);
    }
}
