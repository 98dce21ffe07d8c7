//! The app's own settings, read as the app reads them: the environment, else `.env`.

use super::App;
use crate::terminal::{Failure, shell};
use orcs::Config;

/// The settings, without what an app's `config/` says; outside of an app, the environment's.
///
/// Enters the app's folder: that is where the library looks for `.env`, and where the paths
/// in it begin.
pub fn settings(app: Option<&App>) -> Result<Config, Failure> {
    if let Some(app) = app {
        std::env::set_current_dir(&app.root).map_err(|e| {
            let root = shell::visible(&app.root);
            Failure::new(format!("cannot enter {root}: {e}"))
        })?;
    }
    Config::load(|_| ()).map_err(|e| {
        Failure::new(e.to_string())
            .help("mend the line; `orcs serve` writes a new .env where none is")
    })
}

/// The same for who stays where he stands: paths that were typed begin there.
pub fn settings_from_here(app: Option<&App>) -> Result<Config, Failure> {
    let cannot = |e| Failure::new(format!("cannot tell the current folder: {e}"));
    let here = std::env::current_dir().map_err(cannot)?;
    let config = settings(app);
    std::env::set_current_dir(here).map_err(cannot)?;
    config
}
