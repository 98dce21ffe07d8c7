//! `cargo xtask templates`: a new app is a copy of the showcase.

use crate::failure::Result;
use std::fs;
use std::path::Path;

/// Copies the shared files, and says which changed.
pub fn copy() -> Result {
    let root = crate::root();
    let changed = copy_changed(&root, &root.join(TEMPLATE))?;
    for path in &changed {
        println!("{TEMPLATE}/{path}");
    }
    match changed.len() {
        0 => println!("{TEMPLATE} equals the showcase already."),
        1 => println!("1 file changed."),
        count => println!("{count} files changed."),
    }
    Ok(())
}

fn copy_changed(showcase: &Path, template: &Path) -> Result<Vec<&'static str>> {
    let mut changed = Vec::new();
    for path in SHARED {
        let (from, to) = (showcase.join(path), template.join(path));
        let content = fs::read(&from).map_err(|error| format!("{}: {error}", from.display()))?;
        if fs::read(&to).is_ok_and(|old| old == content) {
            continue;
        }
        let folder = to.parent().expect("it lies in the template");
        fs::create_dir_all(folder)
            .and_then(|()| fs::write(&to, content))
            .map_err(|error| format!("{}: {error}", to.display()))?;
        changed.push(path);
    }
    Ok(changed)
}

const TEMPLATE: &str = "templates/chat";

/// What the showcase and a new app have in common.
const SHARED: [&str; 9] = [
    ".env.example",
    "config/mod.rs",
    "config/websocket.rs",
    "public/index.html",
    "routes/http.rs",
    "routes/mod.rs",
    "routes/websocket.rs",
    "src/main.rs",
    "tests/chat.rs",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_is_written() {
        let folder = std::env::temp_dir().join(format!("xtask-templates-{}", std::process::id()));
        let showcase = folder.join("showcase");
        for path in SHARED {
            let path = showcase.join(path);
            fs::create_dir_all(path.parent().expect("it has one")).expect("a folder");
            fs::write(path, "one").expect("a file");
        }
        let template = folder.join("template");
        let copied = |template: &Path| copy_changed(&showcase, template).expect("it can be read");
        assert_eq!(copied(&template), SHARED);
        assert!(copied(&template).is_empty());

        fs::write(showcase.join("routes/mod.rs"), "two").expect("a file");
        assert_eq!(copied(&template), ["routes/mod.rs"]);
        assert_eq!(
            fs::read(template.join("routes/mod.rs")).expect("it was copied"),
            b"two"
        );
        fs::remove_dir_all(folder).expect("it is ours");
    }
}
