//! Paths as one walks them: modules by `#[path]` are named by the way the compiler took.

use std::path::{Component, Path, PathBuf};

/// `routes/chat.rs` for `src/../routes/chat.rs`. Links are not followed: it is the name that
/// is looked for, and the watcher knows files by theirs.
pub fn walked(path: &Path) -> PathBuf {
    let mut steps = PathBuf::new();
    for step in path.components() {
        let last = steps.components().next_back();
        match (step, last) {
            (Component::ParentDir, Some(Component::Normal(_))) => _ = steps.pop(),
            _ => steps.push(step),
        }
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_named_as_one_walks_to_it() {
        for (named, walked_to) in [
            ("src/main.rs", "src/main.rs"),
            ("src/../routes/chat.rs", "routes/chat.rs"),
            ("src/../routes/../config/mod.rs", "config/mod.rs"),
            ("../library/src/lib.rs", "../library/src/lib.rs"),
            ("../../x.rs", "../../x.rs"),
            ("/library/src/../x.rs", "/library/x.rs"),
        ] {
            assert_eq!(walked(Path::new(named)), Path::new(walked_to));
        }
    }
}
