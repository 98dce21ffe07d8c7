//! HTTP that belongs to no feature, and the page.

use orcs::warp::{self, Filter, Rejection, Reply};

pub fn routes() -> impl Filter<Extract = (impl Reply,), Error = Rejection> + Clone {
    let healthz = warp::path!("healthz").map(|| "ok");

    // `public/index.html` is the page at `/`.
    let pages = orcs::files("public");

    warp::get().and(healthz).or(pages)
}
