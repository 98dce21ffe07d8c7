//! What a path is answered that is nobody's.

use http::StatusCode;
use warp::reply::{Reply, Response};

/// A 404 with a sentence: to an empty one a browser shows a page of its own.
pub(super) fn nothing() -> Response {
    let text = "404: there is nothing at this path\n";
    warp::reply::with_status(text, StatusCode::NOT_FOUND).into_response()
}
