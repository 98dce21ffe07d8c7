//! `routes/mod.rs`, the list of all routes: what is new is entered there.

use super::plan::Plan;
use super::rustfmt;
use super::source::Source;
use crate::app::App;
use crate::terminal::{Failure, shell};
use std::fs;

/// Where the list is.
pub const LIST: &str = "routes/mod.rs";

/// A module, and the call in `all()` that uses it.
#[derive(Debug)]
pub struct Entry<'a> {
    pub name: &'a str,
    /// `pub mod chat;`
    pub declaration: String,
    /// `add`, behind whose last call it stands.
    pub method: &'a str,
    /// `.add(chat::chat())`
    pub call: String,
}

impl Entry<'_> {
    /// Enters it, or says what to enter where the list is not as it was written.
    pub fn enter(&self, app: &App, plan: &mut Plan) -> Result<(), Failure> {
        let before = read(app, LIST)?;
        match self.entered(&before) {
            Some(after) => {
                let after = rustfmt::changed(app, &before, &after);
                plan.change(LIST, before, after);
            }
            None => plan.by_hand(
                LIST,
                vec![
                    self.declaration.clone(),
                    format!("{}, in the chain of `all()`", self.call),
                ],
            ),
        }
        Ok(())
    }

    fn entered(&self, list: &str) -> Option<String> {
        let list = Source::new(list).with_module(&self.declaration, self.name)?;
        Source::new(&list).with_call("all", "Routes::new()", self.method, &self.call)
    }
}

/// A file of the app's.
pub fn read(app: &App, path: &str) -> Result<String, Failure> {
    fs::read_to_string(app.root.join(path))
        .map_err(|e| Failure::new(format!("cannot read {}: {e}", shell::visible(path))))
}
