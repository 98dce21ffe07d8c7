//! What the kernel alone costs: an epoll loop on one thread that receives, unmasks,
//! compares bytes and sends. No UTF-8 is checked and no JSON read, so it bounds what a
//! server can reach, and is none.

mod frame;
mod handshake;
mod peer;
mod rooms;
mod server;

use server::Server;
use std::error::Error;
use std::net::{Ipv4Addr, TcpListener};

fn main() -> Result<(), Box<dyn Error>> {
    let port = std::env::var_os("PORT").ok_or("PORT is not set (example: PORT=4000)")?;
    let port: u16 = port.to_string_lossy().parse()?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
    // The standard library's queue of 128 overflows when a thousand connect at once.
    rustix::net::listen(&listener, 4096)?;
    println!("listening");
    Server::new(listener)?.run()?;
    Ok(())
}
