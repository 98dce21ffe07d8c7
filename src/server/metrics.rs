//! `GET /_orcs/metrics`: the counts of `get_stats()` as Prometheus reads them.

mod asked;
mod text;

use super::front::Front;
use super::nothing::nothing;
use asked::{Asker, judge};
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue, WWW_AUTHENTICATE};
use http::{Method, Request, StatusCode};
use std::net::IpAddr;
use warp::reply::{Reply, Response};

/// No route and no filter of an app gets this path.
pub(super) const PATH: &str = "/_orcs/metrics";

/// Answers whoever may know; `peer` holds the connection.
pub(super) fn answer<B>(front: &Front, request: &Request<B>, peer: IpAddr) -> Response {
    match judge(front.config(), peer, request.headers()) {
        Asker::Stranger => nothing(),
        Asker::WithoutTheKey => {
            front.manager.hub().tally().unauthorized.add_one();
            let text = "401: the key is missing or wrong\n";
            let refused = warp::reply::with_status(text, StatusCode::UNAUTHORIZED);
            with(refused.into_response(), WWW_AUTHENTICATE, "Bearer")
        }
        Asker::MayRead if !matches!(*request.method(), Method::GET | Method::HEAD) => {
            let text = "405: only GET\n";
            let refused = warp::reply::with_status(text, StatusCode::METHOD_NOT_ALLOWED);
            with(refused.into_response(), ALLOW, "GET, HEAD")
        }
        Asker::MayRead => {
            let counts = text::of(&front.manager.get_stats()).into_response();
            with(
                with(counts, CONTENT_TYPE, text::KIND),
                CACHE_CONTROL,
                "no-store",
            )
        }
    }
}

fn with(mut response: Response, name: HeaderName, value: &'static str) -> Response {
    let value = HeaderValue::from_static(value);
    response.headers_mut().insert(name, value);
    response
}
