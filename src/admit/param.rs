//! A parameter of a path, read into the type that is asked for.

use super::Refusal;
use crate::close::cut;
use crate::error::{Error, Result};
use crate::path::Params;
use std::str::FromStr;

/// # Errors
///
/// An internal one for a name that the route's path does not have; a refusal for a value that
/// cannot be read.
pub(crate) fn read<T: FromStr>(params: &Params, name: &str) -> Result<T> {
    let value = params.get(name).ok_or_else(|| unknown(params, name))?;
    value.parse().map_err(|_| {
        // It may hold anything: a line break would be one in somebody's log.
        let value = cut(value, MAX_SHOWN_BYTES).escape_debug();
        let refusal = Refusal::not_found(format!("`{value}` is no `{name}`"));
        Error::new("not_found", refusal.reason()).caused_by(refusal)
    })
}

fn unknown(params: &Params, name: &str) -> Error {
    let names: Vec<_> = params.names().collect();
    let known = match names.as_slice() {
        [] => "it has none (example: ws(\"/rooms/{room}\"))".to_owned(),
        known => format!("it has: {}", known.join(", ")),
    };
    UnknownName(format!("no `{name}` in the route's path; {known}")).into()
}

/// The app's mistake: it is for the log, not for the peer.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct UnknownName(String);

/// What of a value is shown to who sent it.
const MAX_SHOWN_BYTES: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::path::{Paths, Pattern};

    fn params(path: &str) -> Params {
        let pattern = Pattern::read("/rooms/{room}/{id}").unwrap();
        let paths: Paths<()> = [(pattern, ())].into_iter().collect();
        paths.find(path).unwrap().1
    }

    #[test]
    fn a_value_is_read_into_the_type_that_is_asked_for() {
        let params = params("/rooms/a%20b/42");
        assert_eq!(read::<String>(&params, "room").unwrap(), "a b");
        assert_eq!(read::<u8>(&params, "id").unwrap(), 42);
    }

    #[test]
    fn what_cannot_be_read_is_a_refusal_that_quotes_it_safely() {
        let refused = |path| read::<u8>(&params(path), "id").unwrap_err();
        let error = refused("/rooms/a/300");
        assert_eq!(
            (error.code(), error.public()),
            ("not_found", "`300` is no `id`")
        );
        let refusal = Refusal::of(&error).unwrap();
        assert_eq!((refusal.code(4401), refusal.status()), (4404, 404));
        let error = refused("/rooms/a/x%0Ay");
        assert_eq!(error.public(), "`x\\ny` is no `id`");
        let long = format!("/rooms/a/{}", "x".repeat(1000));
        assert!(refused(&long).public().len() < 100);
    }

    #[test]
    fn a_name_that_the_path_has_not_is_the_apps_mistake_and_names_those_there_are() {
        let error = read::<String>(&params("/rooms/a/1"), "rom").unwrap_err();
        assert_eq!(
            (error.code(), error.public()),
            ("internal", "Internal error")
        );
        assert_eq!(
            error.to_string(),
            "no `rom` in the route's path; it has: room, id"
        );
        let error = read::<String>(&Params::default(), "room").unwrap_err();
        assert!(error.to_string().contains("it has none"), "{error}");
    }
}
