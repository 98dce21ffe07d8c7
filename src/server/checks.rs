//! What of an app's routes can be known to be wrong before a client comes.

use crate::config::{Config, Environment};
use crate::path::Pattern;
use crate::route::Table;
use std::collections::HashMap;

/// # Errors
///
/// The first of what is for development alone, in production.
pub(super) fn environment(config: &Config, tables: &[Table]) -> Result<(), String> {
    if config.environment != Environment::Production {
        return Ok(());
    }
    for table in tables {
        if let Some(option) = table.development.option() {
            return Err(format!(
                "{}: {option} is for development, and APP_ENV is production; take it out, \
                 or set APP_ENV=development",
                table.path
            ));
        }
    }
    Ok(())
}

/// # Errors
///
/// The first route that cannot work, or two that no request could tell apart. One that is
/// disabled is not looked at.
pub(super) fn routes(config: &Config, tables: &[Table]) -> Result<(), String> {
    let mut paths = HashMap::new();
    for table in tables.iter().filter(|table| table.is_served()) {
        if let Some(problem) = table.problem() {
            return Err(problem);
        }
        if let Some(problem) = table.problem_beside(config) {
            return Err(problem);
        }
        let path = &table.path;
        let shape = table.pattern.as_ref().map(Pattern::shape);
        match paths.insert(shape, path) {
            None => {}
            Some(other) if other == path => {
                return Err(format!("two routes have the path `{path}`; keep one"));
            }
            Some(other) => {
                return Err(format!(
                    "`{other}` and `{path}` are one path: no request could tell them apart; keep one"
                ));
            }
        }
    }
    Ok(())
}
