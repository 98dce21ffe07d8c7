//! Waiting for the app's word that it listens, as systemd does it (sd_notify(3)).

use super::event::{Bus, Event};
use std::ffi::OsString;
use std::io;
use std::os::unix::net::UnixDatagram;
use std::thread;

/// A socket of one generation of the app, which it knows as `NOTIFY_SOCKET`.
#[derive(Debug)]
pub struct Ready {
    socket: UnixDatagram,
    name: OsString,
}

impl Ready {
    pub fn open() -> io::Result<Self> {
        let mut random = [0; 8];
        getrandom::fill(&mut random)?;
        let unique = format!(
            "orcs-{}-{:016x}",
            std::process::id(),
            u64::from_ne_bytes(random)
        );
        let (socket, name) = bind(&unique)?;
        Ok(Self { socket, name })
    }

    /// What `NOTIFY_SOCKET` is to be.
    pub fn name(&self) -> &OsString {
        &self.name
    }

    /// Tells the bus as soon as the app has said it; gives what ends the waiting.
    pub fn wait(self, generation: u64, bus: Bus) -> io::Result<Forget> {
        let forget = Forget {
            socket: self.socket.try_clone()?,
            #[cfg(not(target_os = "linux"))]
            path: self.name.clone(),
        };
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(length) = self.socket.recv(&mut buffer) {
                let said = &buffer[..length];
                if said == FORGET {
                    return;
                }
                if said
                    .split(|&byte| byte == b'\n')
                    .any(|line| line == b"READY=1")
                {
                    _ = bus.send(Event::Ready(generation));
                }
            }
        });
        Ok(forget)
    }
}

/// Ends the waiting for an app that has ended itself.
#[derive(Debug)]
pub struct Forget {
    socket: UnixDatagram,
    #[cfg(not(target_os = "linux"))]
    path: OsString,
}

impl Drop for Forget {
    fn drop(&mut self) {
        if let Ok(address) = self.socket.local_addr() {
            // Never lets us wait: should the queue be full, the app's words end the thread.
            _ = self.socket.set_nonblocking(true);
            _ = self.socket.send_to_addr(FORGET, &address);
        }
        #[cfg(not(target_os = "linux"))]
        drop(std::fs::remove_file(&self.path));
    }
}

/// No word of the protocol.
const FORGET: &[u8] = b"the app has ended";

/// Linux has names without a file; they end with their socket.
#[cfg(target_os = "linux")]
fn bind(unique: &str) -> io::Result<(UnixDatagram, OsString)> {
    use std::os::linux::net::SocketAddrExt;
    let address = std::os::unix::net::SocketAddr::from_abstract_name(unique)?;
    Ok((
        UnixDatagram::bind_addr(&address)?,
        format!("@{unique}").into(),
    ))
}

#[cfg(not(target_os = "linux"))]
fn bind(unique: &str) -> io::Result<(UnixDatagram, OsString)> {
    let path = std::env::temp_dir().join(unique);
    Ok((UnixDatagram::bind(&path)?, path.into()))
}
