//! One part of a path, as it was meant.

use percent_encoding::percent_decode_str;
use std::fmt;
use std::ops::Deref;
use std::str::{FromStr, Utf8Error};

/// One segment of a path, percent-decoded: `/rooms/caf%C3%A9/info` is about the room `café`.
///
/// For a filter of [`Routes::http`](crate::Routes::http); warp's own `String` stays as it was
/// sent. It may hold anything that can be encoded, a `/` too: look at it before it names a file.
/// A segment that is no UTF-8 matches nothing, so its path is answered with 404.
///
/// ```
/// use orcs::warp::{self, Filter};
/// use orcs::{Segment, WebSocketManager};
///
/// fn members(manager: WebSocketManager) -> impl Filter<Extract = (impl warp::Reply,)> + Clone {
///     warp::path!("rooms" / Segment / "members")
///         .map(move |room: Segment| warp::reply::json(&manager.get_room_clients(&room)))
/// }
/// # let _ = members;
/// assert_eq!("caf%C3%A9".parse::<Segment>().as_deref(), Ok("café"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Segment(String);

impl FromStr for Segment {
    type Err = Utf8Error;

    fn from_str(text: &str) -> Result<Self, Utf8Error> {
        let decoded = percent_decode_str(text).decode_utf8()?;
        Ok(Self(decoded.into_owned()))
    }
}

impl Deref for Segment {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Segment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<Segment> for String {
    fn from(segment: Segment) -> Self {
        segment.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segment_is_what_was_encoded() {
        for (text, meant) in [
            ("lobby", Some("lobby")),
            ("caf%C3%A9", Some("café")),
            ("a%20b%2Fc", Some("a b/c")),
            ("a+b", Some("a+b")),
            ("100%", Some("100%")),
            ("%ff", None),
        ] {
            let segment: Option<Segment> = text.parse().ok();
            assert_eq!(segment.as_deref(), meant, "{text}");
        }
    }
}
