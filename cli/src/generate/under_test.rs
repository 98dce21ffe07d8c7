//! What a generated test starts: all routes of the app, or the new one alone.

use super::event;
use super::source::Source;
use crate::app::App;
use crate::terminal::Failure;
use serde::Serialize;

/// What the template of a test has to know.
#[derive(Debug, Serialize)]
pub struct UnderTest {
    /// The file that the test includes.
    file: String,
    /// As which module.
    module: String,
    /// The routes to start.
    routes: String,
    /// How the test names the new module.
    name: String,
}

impl UnderTest {
    /// All routes, as long as they need nothing else of the app. A test is a crate of its own: it
    /// has neither the modules of `src/` nor the state that `main` gives, so that beside routes
    /// that take those it starts the new one alone, which `alone` enters.
    pub fn of(app: &App, name: &str, alone: &str) -> Result<Self, Failure> {
        let files = event::files(app)?;
        let needs_the_app = (files.iter()).any(|(_, text)| Source::new(text).needs_the_app());
        let (file, module, routes, name) = match needs_the_app {
            true => (name, name, alone.to_owned(), name.to_owned()),
            false => (
                "mod",
                "routes",
                "routes::all()".to_owned(),
                format!("routes::{name}"),
            ),
        };
        Ok(Self {
            file: format!("../routes/{file}.rs"),
            module: module.to_owned(),
            routes,
            name,
        })
    }
}
