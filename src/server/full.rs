//! There is no room for a connection: it is told so, and goes.

use crate::hub::Full;
use http::{Response, StatusCode};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

/// Tells those for whom there is no room, a few at a time; in a flood the others are hung up on.
#[derive(Clone)]
pub(super) struct Doorman(Arc<Semaphore>);

impl Doorman {
    pub(super) fn new() -> Self {
        Self(Arc::new(Semaphore::new(AT_A_TIME)))
    }

    /// Answers one request with 503 or 429.
    pub(super) fn turn_away(&self, stream: TcpStream, full: Full) {
        let Ok(permit) = Arc::clone(&self.0).try_acquire_owned() else {
            return;
        };
        tokio::spawn(async move {
            // An answer before the request is read would be reset with what was not read.
            let answer = service_fn(|_| async { Ok::<_, Infallible>(no_room(full)) });
            let served = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(PATIENCE)
                .max_buf_size(MAX_HEADER_BYTES)
                .keep_alive(false)
                .serve_connection(TokioIo::new(stream), answer);
            // Whoever goes without asking has not been told.
            let _ = served.await;
            drop(permit);
        });
    }
}

/// What somebody is told for whom there is no room.
pub(super) fn no_room(full: Full) -> Response<String> {
    let mut response = Response::new(full.to_string());
    *response.status_mut() = match full {
        Full::Server => StatusCode::SERVICE_UNAVAILABLE,
        Full::Network => StatusCode::TOO_MANY_REQUESTS,
    };
    response
}

/// Each takes a descriptor beyond the limit for as long as it takes to ask.
const AT_A_TIME: usize = 64;
const PATIENCE: Duration = Duration::from_secs(1);
const MAX_HEADER_BYTES: usize = 16 << 10;
