//! Tells whoever started the process how it stands with it, as sd_notify(3) does.

use std::ffi::{OsStr, OsString};
use std::io;

/// The socket of whoever wants to be told, if anybody does.
#[derive(Debug, Clone)]
pub(super) struct Notifier(Option<OsString>);

impl Notifier {
    pub(super) fn new(socket: Option<OsString>) -> Self {
        Self(socket)
    }

    /// The server takes connections.
    pub(super) fn ready(&self) {
        self.tell("READY=1");
    }

    /// The server takes none any more.
    pub(super) fn stopping(&self) {
        self.tell("STOPPING=1");
    }

    fn tell(&self, state: &str) {
        if let Some(socket) = &self.0
            && let Err(error) = send(socket, state)
        {
            // Who waits for it cannot be told of it either.
            tracing::warn!(
                "cannot tell NOTIFY_SOCKET `{}` that {state}: {error}",
                socket.display()
            );
        }
    }
}

#[cfg(unix)]
fn send(socket: &OsStr, state: &str) -> io::Result<()> {
    let sender = std::os::unix::net::UnixDatagram::unbound()?;
    // Whoever does not read must not hold the start up for ever.
    sender.set_write_timeout(Some(PATIENCE))?;
    sender.send_to_addr(state.as_bytes(), &address(socket)?)?;
    Ok(())
}

#[cfg(not(unix))]
fn send(_socket: &OsStr, _state: &str) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// A path, or with an `@` in front an abstract name.
#[cfg(unix)]
fn address(socket: &OsStr) -> io::Result<std::os::unix::net::SocketAddr> {
    #[cfg(target_os = "linux")]
    use std::os::linux::net::SocketAddrExt;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::net::SocketAddr;
    match socket.as_bytes() {
        [b'/', ..] => SocketAddr::from_pathname(socket),
        #[cfg(target_os = "linux")]
        [b'@', name @ ..] => SocketAddr::from_abstract_name(name),
        _ => {
            let why = "neither an absolute path nor a name behind an @";
            Err(io::Error::new(io::ErrorKind::InvalidInput, why))
        }
    }
}

#[cfg(unix)]
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(1);
