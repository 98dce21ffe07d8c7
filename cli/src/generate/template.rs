//! The templates of what is generated.

use crate::terminal::Failure;
use handlebars::{Handlebars, no_escape};
use serde::Serialize;

/// Fills a template in.
pub fn render(template: &str, values: &impl Serialize) -> Result<String, Failure> {
    let mut handlebars = Handlebars::new();
    // A value that a template misspells must not become an empty place in an app.
    handlebars.set_strict_mode(true);
    handlebars.register_escape_fn(no_escape);
    handlebars
        .render_template(template, values)
        .map_err(|e| Failure::new(format!("a template cannot be filled in: {e}")))
}
