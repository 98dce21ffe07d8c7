//! The bytes below a WebSocket: TCP, or TLS over it.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A connection, plain or with TLS. Clones are the same connection: who shook hands in vain can
/// still read what the server says about it.
#[derive(Clone)]
pub struct Stream(Arc<Mutex<Layer>>);

enum Layer {
    Plain(TcpStream),
    #[cfg(feature = "tls")]
    Tls(Box<super::tls::TlsStream>),
}

impl Stream {
    pub fn plain(tcp: TcpStream) -> Self {
        Self(Arc::new(Mutex::new(Layer::Plain(tcp))))
    }

    #[cfg(feature = "tls")]
    pub fn tls(tls: super::tls::TlsStream) -> Self {
        Self(Arc::new(Mutex::new(Layer::Tls(Box::new(tls)))))
    }

    /// Only one thread reads and writes, so nobody waits here.
    fn layer(&self) -> MutexGuard<'_, Layer> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match &mut *self.layer() {
            Layer::Plain(tcp) => tcp.read(buffer),
            #[cfg(feature = "tls")]
            Layer::Tls(tls) => tls.read(buffer),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut *self.layer() {
            Layer::Plain(tcp) => tcp.write(bytes),
            #[cfg(feature = "tls")]
            Layer::Tls(tls) => tls.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut *self.layer() {
            Layer::Plain(tcp) => tcp.flush(),
            #[cfg(feature = "tls")]
            Layer::Tls(tls) => tls.flush(),
        }
    }
}
