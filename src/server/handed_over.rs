//! Listening sockets that whoever started the process hands over: `orcs serve`, systemd.

use crate::error::Result;
use tokio::net::TcpListener;

/// Takes so many sockets, from descriptor 3 on, as sd_listen_fds(3) says.
///
/// They are taken once: `LISTEN_FDS` is unset behind it, for the sake of programs that this
/// one starts.
///
/// # Errors
///
/// A descriptor that is no listening TCP socket.
#[cfg(unix)]
pub(super) fn take(sockets: usize) -> Result<Vec<TcpListener>> {
    let mut handed_over = listenfd::ListenFd::from_env();
    (0..sockets)
        .map(|place| Ok(take_one(&mut handed_over, place).map_err(|why| refused(place, &why))?))
        .collect()
}

#[cfg(unix)]
fn take_one(handed_over: &mut listenfd::ListenFd, place: usize) -> std::io::Result<TcpListener> {
    let taken = handed_over.take_tcp_listener(place)?;
    let listener = taken.ok_or(std::io::ErrorKind::NotFound)?;
    #[cfg(not(target_vendor = "apple"))]
    if !rustix::net::sockopt::socket_acceptconn(&listener)? {
        return Err(std::io::Error::other("it does not listen"));
    }
    // Of the socket, not of the descriptor: whoever hands it over sees it too.
    listener.set_nonblocking(true)?;
    TcpListener::from_std(listener)
}

#[cfg(unix)]
fn refused(place: usize, why: &std::io::Error) -> String {
    let descriptor = FIRST_DESCRIPTOR + place;
    format!(
        "LISTEN_FDS: descriptor {descriptor} is not a listening TCP socket: {why} \
         (`orcs serve` and systemd set it; unset it to listen on HOST and PORT)"
    )
}

#[cfg(unix)]
const FIRST_DESCRIPTOR: usize = 3;

#[cfg(not(unix))]
pub(super) fn take(_sockets: usize) -> Result<Vec<TcpListener>> {
    Err(
        "LISTEN_FDS: sockets are handed over on Unix alone (unset it)"
            .to_owned()
            .into(),
    )
}
