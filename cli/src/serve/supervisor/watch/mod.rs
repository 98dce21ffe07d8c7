//! Tells when the app's files have changed, and what that asks for.

mod ground;

use super::event::{Bus, Event};
use crate::app::App;
use crate::terminal::{Failure, shell};
use ground::{Ground, Kind};
use notify::event::{EventKind, ModifyKind};
use notify::{RecursiveMode, Watcher};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// What was written since the last word of it.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Files that the program is made of.
    pub sources: BTreeSet<PathBuf>,
    /// Whether `.env` was one of them.
    pub env: bool,
    /// Files that are served as they are.
    pub pages: BTreeSet<PathBuf>,
}

impl Changes {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    pub fn merge(&mut self, other: Self) {
        self.sources.extend(other.sources);
        self.env |= other.env;
        self.pages.extend(other.pages);
    }

    fn leave_out(&mut self, paths: &BTreeSet<&Path>) {
        self.sources.retain(|path| !paths.contains(&**path));
        self.pages.retain(|path| !paths.contains(&**path));
    }
}

/// Watches until it is dropped.
#[derive(Debug)]
pub struct Watch(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    watcher: Mutex<notify::RecommendedWatcher>,
    ground: Mutex<Ground>,
}

impl Watch {
    pub fn start(app: &App, target: &Path, bus: Bus) -> Result<Self, Failure> {
        let cannot = |e: notify::Error| cannot(&app.root, &e);
        let (sender, raw) = mpsc::channel();
        let watcher = notify::recommended_watcher(sender).map_err(cannot)?;
        let shared = Arc::new(Shared {
            watcher: Mutex::new(watcher),
            ground: Mutex::new(Ground::new(app.root.clone(), target.to_owned())),
        });
        let watch = shared.watch(&app.root, RecursiveMode::NonRecursive);
        watch.map_err(cannot)?;
        let folders = shared.ground().folders_at_start();
        for folder in folders {
            shared
                .watch(&folder, RecursiveMode::Recursive)
                .map_err(cannot)?;
        }
        // Ends with the watcher, which holds the other end of the channel.
        let listener = Arc::downgrade(&shared);
        thread::spawn(move || {
            while let Some(events) = next_burst(&raw) {
                let Some(shared) = listener.upgrade() else {
                    return;
                };
                let changes = shared.changes(&events);
                if !changes.is_empty() && bus.send(Event::Changed(changes)).is_err() {
                    return;
                }
            }
        });
        Ok(Self(shared))
    }

    /// The app's own folders that are watched, as one types them.
    pub fn folders(&self) -> Vec<String> {
        self.0.ground().folders()
    }

    /// Watches what the program was made of, too: files of other folders, and of path
    /// dependencies, as the compiler has named them.
    pub fn learn(&self, executable: &Path) {
        let Ok(text) = std::fs::read_to_string(executable.with_extension("d")) else {
            return;
        };
        let places = self.0.ground().learn(&text);
        for (place, is_deep) in places {
            let mode = match is_deep {
                true => RecursiveMode::Recursive,
                false => RecursiveMode::NonRecursive,
            };
            // A dependency that cannot be watched is rebuilt at the next change of the app.
            _ = self.0.watch(&place, mode);
        }
    }
}

impl Shared {
    fn watch(&self, path: &Path, mode: RecursiveMode) -> notify::Result<()> {
        let mut watcher = self.watcher.lock().unwrap_or_else(PoisonError::into_inner);
        watcher.watch(path, mode)
    }

    fn ground(&self) -> MutexGuard<'_, Ground> {
        self.ground.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a burst of events means; folders that have come are watched from here on.
    fn changes(&self, events: &[notify::Event]) -> Changes {
        let mut changes = Changes::default();
        for event in events {
            if event.need_rescan() {
                // The kernel has lost some: everything may have changed.
                let root = self.ground().root().to_owned();
                changes.env = true;
                changes.pages.insert(root.clone());
                changes.sources.insert(root);
            }
            if !is_change(event.kind) {
                continue;
            }
            for path in &event.paths {
                let is_new_folder = path.is_dir();
                if is_new_folder && is_content(event.kind) {
                    continue;
                }
                if is_new_folder && self.ground().adopt(path) {
                    _ = self.watch(path, RecursiveMode::Recursive);
                }
                match self.ground().kind(path) {
                    Some(Kind::Source) => _ = changes.sources.insert(path.clone()),
                    Some(Kind::Page) => _ = changes.pages.insert(path.clone()),
                    Some(Kind::Env) => changes.env = true,
                    None => {}
                }
            }
        }
        changes.leave_out(&passing(events));
        changes
    }
}

/// Files that came and went in one burst, such as what `sed -i` writes first.
fn passing(events: &[notify::Event]) -> BTreeSet<&Path> {
    let came = events.iter().filter(|event| event.kind.is_create());
    let paths = came.flat_map(|event| &event.paths);
    paths
        .map(|path| &**path)
        .filter(|path| !path.exists())
        .collect()
}

/// All that happens until it is quiet for a moment. `None` when the watcher is gone.
fn next_burst(raw: &Receiver<notify::Result<notify::Event>>) -> Option<Vec<notify::Event>> {
    let mut events = Vec::new();
    let first = raw.recv().ok()?;
    let start = Instant::now();
    events.extend(first);
    while start.elapsed() < LONGEST {
        match raw.recv_timeout(QUIET) {
            Ok(event) => events.extend(event),
            Err(mpsc::RecvTimeoutError::Timeout) => break,
            Err(mpsc::RecvTimeoutError::Disconnected) => return None,
        }
    }
    Some(events)
}

/// Reading is no change.
fn is_change(kind: EventKind) -> bool {
    !matches!(kind, EventKind::Access(_))
}

/// What a folder hears when something in it is written; the file itself tells it better.
fn is_content(kind: EventKind) -> bool {
    matches!(kind, EventKind::Modify(modify) if !matches!(modify, ModifyKind::Name(_)))
}

fn cannot(root: &Path, error: &notify::Error) -> Failure {
    let failure = Failure::new(format!("cannot watch {}: {error}", shell::visible(root)));
    match error.kind {
        notify::ErrorKind::MaxFilesWatch => {
            failure.help("sudo sysctl fs.inotify.max_user_watches=524288, or orcs serve --no-watch")
        }
        _ => failure.help("orcs serve --no-watch"),
    }
}

/// An editor writes a file in several steps; this long after the last one it is done.
const QUIET: Duration = Duration::from_millis(30);

/// A folder that never rests is built all the same.
const LONGEST: Duration = Duration::from_millis(500);

#[cfg(test)]
mod tests;
