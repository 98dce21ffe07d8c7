//! The settings of this machine, which git does not see.

use super::{App, secret};
use crate::terminal::{Failure, say, shell};
use std::fs;
use std::io;

impl App {
    /// A fresh checkout has no `.env`: makes the one that `orcs new` would have written.
    pub fn write_env(&self) -> Result<(), Failure> {
        let env = self.root.join(".env");
        let place = shell::visible(&env);
        // A link to nowhere holds the place too, and the app would start without its settings.
        if fs::symlink_metadata(&env).is_ok() {
            return match fs::metadata(&env) {
                Err(e) if e.kind() == io::ErrorKind::NotFound => {
                    Err(Failure::new(format!("{place} is a link to nowhere"))
                        .help("remove the link: `orcs serve` writes a new .env"))
                }
                found => found
                    .map(drop)
                    .map_err(|e| Failure::new(format!("cannot read {place}: {e}"))),
            };
        }
        let Ok(example) = fs::read_to_string(self.root.join(".env.example")) else {
            return Ok(());
        };
        match secret::write_private(&env, &secret::fill_in(&example, &secret::random()?)) {
            Ok(()) => say!("  wrote .env from .env.example, with a secret of its own"),
            // Somebody was faster.
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
            Err(e) => return Err(Failure::new(format!("cannot write {place}: {e}"))),
        }
        Ok(())
    }
}
