//! A headless Chromium of our own: no profile of anybody, gone after the test.

use super::devtools::Devtools;
use super::page::Page;
use crate::app::secret;
use crate::terminal::{Failure, say};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// How most get it.
pub const INSTALL: &str = if cfg!(target_os = "macos") {
    "brew install --cask chromium"
} else {
    "sudo apt-get install chromium"
};

/// The Chromium that CHROMIUM names, or the first on PATH that starts.
///
/// # Errors
/// When CHROMIUM names one that does not start.
pub fn find() -> Result<Option<PathBuf>, Failure> {
    if let Some(path) = std::env::var_os("CHROMIUM").filter(|path| !path.is_empty()) {
        let path = PathBuf::from(path);
        if starts(&path) {
            return Ok(Some(path));
        }
        let shown = crate::terminal::shell::visible(&path);
        return Err(Failure::new(format!("CHROMIUM: `{shown}` does not start"))
            .help("CHROMIUM=/usr/bin/chromium, or --no-browser"));
    }
    // Ubuntu's `chromium-browser` may be a script that only speaks of snap.
    let named = NAMES.iter().map(PathBuf::from);
    Ok(named.into_iter().find(|path| starts(path)))
}

const NAMES: [&str; 6] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

fn starts(chromium: &Path) -> bool {
    let mut command = Command::new(chromium);
    command.arg("--version").stdin(Stdio::null());
    let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}

/// A running Chromium; it and its profile go with this value.
pub struct Browser {
    child: Child,
    profile: PathBuf,
}

/// On a machine that is busy with a build.
const PATIENCE: Duration = Duration::from_secs(20);

impl Browser {
    pub fn start(chromium: &Path) -> Result<Self, Failure> {
        let name = format!("orcs-test-{}", &secret::random()?[..16]);
        let profile = std::env::temp_dir().join(name);
        let cannot = |e: io::Error| Failure::new(format!("cannot start Chromium: {e}"));
        private_folder(&profile).map_err(cannot)?;
        let mut command = Command::new(chromium);
        command
            .args(["--headless", "--remote-debugging-port=0", "--disable-gpu"])
            .args(["--no-first-run", "--no-default-browser-check", "--disable-sync"])
            .args(["--disable-background-networking", "--disable-component-update"])
            // Whatever the page loads from elsewhere: a test opens no connection of its own.
            .arg("--disable-default-apps")
            .arg(format!("--user-data-dir={}", profile.display()))
            .arg("about:blank");
        if is_root() {
            // Its sandbox refuses root, which is who runs most containers.
            command.arg("--no-sandbox");
        }
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        match child {
            Ok(child) => Ok(Self { child, profile }),
            Err(e) => {
                _ = fs::remove_dir_all(&profile);
                Err(cannot(e))
            }
        }
    }

    /// Loads an address, and tells what its page did until all was quiet.
    pub fn load(&mut self, url: &str) -> Result<Page, Failure> {
        let address = self.address()?;
        let mut devtools = Devtools::connect(&address)?;
        let page = devtools.load(url);
        devtools.close();
        page
    }

    /// Where it listens for us: it writes the port and the path into its profile.
    fn address(&mut self) -> Result<String, Failure> {
        let file = self.profile.join("DevToolsActivePort");
        let deadline = Instant::now() + PATIENCE;
        loop {
            let text = fs::read_to_string(&file).unwrap_or_default();
            let mut lines = text.lines();
            if let (Some(port), Some(path)) = (lines.next(), lines.next()) {
                return Ok(format!("ws://127.0.0.1:{port}{path}"));
            }
            if let Ok(Some(status)) = self.child.try_wait() {
                return Err(
                    Failure::new(format!("Chromium does not run here ({status})"))
                        .help("--no-browser leaves it out"),
                );
            }
            if Instant::now() > deadline {
                let message = format!("Chromium does not answer within {PATIENCE:?}");
                return Err(Failure::new(message).help("--no-browser leaves it out"));
            }
            thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Asked to close, it ends within a moment, and its helpers with it.
        let deadline = Instant::now() + Duration::from_secs(3);
        while matches!(self.child.try_wait(), Ok(None)) && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(10));
        }
        _ = self.child.kill();
        _ = self.child.wait();
        // A helper may still write when the folder is read.
        let gone = (0..20).any(|_| {
            let gone = fs::remove_dir_all(&self.profile).is_ok();
            if !gone {
                thread::sleep(Duration::from_millis(50));
            }
            gone
        });
        if !gone {
            say!("  left behind: {}", self.profile.display());
        }
    }
}

/// The browser's profile, which is nobody else's business.
fn private_folder(path: &Path) -> io::Result<()> {
    let mut folder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut folder, 0o700);
    folder.create(path)
}

#[cfg(unix)]
fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

#[cfg(not(unix))]
fn is_root() -> bool {
    false
}
