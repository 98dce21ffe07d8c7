//! What the system allows: descriptors, connections that wait, watched files, links.

use super::check::Check;
use crate::app::App;
use std::fs;
use std::io;
use std::path::Path;

/// Each connection takes a descriptor: below that an app is full soon.
const DESCRIPTORS: u64 = 4096;

/// What the library asks for; the kernel takes the lesser of the two.
const BACKLOG: u64 = 1024;

/// A watch for each folder of an app and of the framework beside it, and room for editors.
const WATCHES: u64 = 8192;

pub fn limits() -> Vec<Check> {
    let kernel = |path: &str| fs::read_to_string(path).ok()?.trim().parse().ok();
    let mut checks = Vec::new();
    #[cfg(unix)]
    checks.push(descriptors(
        rustix::process::getrlimit(rustix::process::Resource::Nofile).maximum,
    ));
    if let Some(most) = kernel("/proc/sys/net/core/somaxconn") {
        checks.push(backlog(most));
    }
    if let Some(most) = kernel("/proc/sys/fs/inotify/max_user_watches") {
        checks.push(watches(most));
    }
    checks
}

/// The hard limit: an app raises the soft one by itself.
#[cfg(unix)]
fn descriptors(most: Option<u64>) -> Check {
    const NAME: &str = "open files";
    match most {
        Some(most) if most < DESCRIPTORS => Check::warning(
            NAME,
            format!("at most {most}, and each connection takes one"),
            "echo '* hard nofile 1048576' | sudo tee -a /etc/security/limits.conf, and log in again",
        ),
        Some(most) => Check::ok(NAME, format!("at most {most}; each connection takes one")),
        None => Check::ok(NAME, "as many as there is memory for"),
    }
}

fn backlog(most: u64) -> Check {
    const NAME: &str = "waiting connections";
    if most < BACKLOG {
        let message = format!("at most {most} (somaxconn): a crowd that comes at once is refused");
        return Check::warning(NAME, message, "sudo sysctl -w net.core.somaxconn=4096");
    }
    Check::ok(NAME, format!("at most {most} (somaxconn)"))
}

fn watches(most: u64) -> Check {
    const NAME: &str = "watched files";
    if most < WATCHES {
        let message = format!("at most {most} (inotify): orcs serve may miss edits");
        return Check::warning(
            NAME,
            message,
            "sudo sysctl -w fs.inotify.max_user_watches=524288",
        );
    }
    Check::ok(NAME, format!("at most {most} (inotify)"))
}

/// cargo puts programs into their place by hard links, and copies where there are none.
pub fn links(app: &App) -> Check {
    const NAME: &str = "file system";
    let target = app.root.join("target");
    let place = if target.is_dir() { &target } else { &app.root };
    match try_link(place) {
        Ok(()) => Check::ok(NAME, "takes hard links"),
        Err(e) if e.kind() == io::ErrorKind::PermissionDenied => {
            let message = "the app's folder cannot be written to: nothing can be built";
            Check::failed(
                NAME,
                message,
                "export CARGO_TARGET_DIR=~/.cache/orcs-target",
            )
        }
        Err(e) => {
            let message = format!("takes no hard links ({e}): cargo copies each program");
            Check::warning(
                NAME,
                message,
                "export CARGO_TARGET_DIR=~/.cache/orcs-target",
            )
        }
    }
}

fn try_link(place: &Path) -> io::Result<()> {
    let name = |what| place.join(format!(".orcs-doctor-{}-{what}", std::process::id()));
    let (file, link) = (name("file"), name("link"));
    fs::write(&file, "")?;
    let linked = fs::hard_link(&file, &link);
    _ = fs::remove_file(&link);
    _ = fs::remove_file(&file);
    linked
}

#[cfg(test)]
mod tests {
    use super::super::check::State;
    use super::*;

    #[test]
    fn a_low_limit_is_a_warning_with_the_command_that_lifts_it() {
        for (low, high, command) in [
            (backlog(128), backlog(4096), "net.core.somaxconn"),
            (watches(1024), watches(524_288), "max_user_watches"),
        ] {
            assert_eq!((low.state, high.state), (State::Warning, State::Ok));
            assert!(low.fix.unwrap().contains(command));
            assert_eq!(high.fix, None);
        }
        #[cfg(unix)]
        {
            assert_eq!(descriptors(Some(1024)).state, State::Warning);
            assert_eq!(descriptors(None).state, State::Ok);
        }
    }

    #[test]
    fn a_check_leaves_nothing_behind() {
        let dir = tempfile::tempdir().unwrap();
        let app = App {
            root: dir.path().to_owned(),
        };
        assert_eq!(links(&app).state, State::Ok);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }
}
