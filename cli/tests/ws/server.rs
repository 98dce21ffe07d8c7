//! The servers that the tests talk to.

use crate::common::{Ran, orcs, ran};
use ::orcs::prelude::*;
use ::orcs::{App, Config, Secret};
use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::thread;
use tungstenite::WebSocket;
use tungstenite::handshake::server::{Request, Response};

pub const SECRET: &str = "0123456789abcdef0123456789abcdef";

/// An app on 127.0.0.1, which ends with its test.
pub struct Server {
    pub address: SocketAddr,
    _runtime: tokio::runtime::Runtime,
}

#[derive(Deserialize)]
struct Room {
    room: String,
}

#[derive(Deserialize)]
struct User {
    sub: String,
}

impl Server {
    pub fn start() -> Self {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let mut config = Config::default();
        config.host = Some(Ipv4Addr::LOCALHOST.into());
        config.port = 0;
        config.jwt_secret = Some(Secret::new(SECRET));
        config.auth_cookie = Some("session".to_owned());
        let routes = Routes::new().add(chat()).add(private());
        let server = runtime.block_on(App::new(config, routes).start()).unwrap();
        Self {
            address: server.addresses()[0],
            _runtime: runtime,
        }
    }

    pub fn url(&self, path: &str) -> String {
        format!("ws://{}{path}", self.address)
    }
}

fn chat() -> Route {
    ::orcs::ws("/ws/chat")
        .connect(async |client| client.send("welcome", "hello"))
        .on("join", async |client, Room { room }| {
            client.join(&room);
            client.send("joined", &room);
        })
        .on("say", async |_, text: String| match &*text {
            "" => Err("a message needs a text".into()),
            _ => ::orcs::Result::Ok(Reply(text)),
        })
        .on("slow", async |_, ()| {
            tokio::time::sleep(std::time::Duration::from_secs(60)).await;
        })
        .on("kick", async |client, code: u16| {
            client.close(code, "go away");
        })
        .binary(async |client, bytes| client.send_binary(bytes))
}

fn private() -> Route<User> {
    ::orcs::ws("/ws/private")
        .auth::<User>()
        .on("whoami", async |client, ()| {
            Reply(client.data().sub.clone())
        })
}

/// A server that is no app: serves one connection after another, in a thread of its own.
pub fn foreign(
    serve: impl FnMut(usize, Request, WebSocket<TcpStream>) + Send + 'static,
) -> SocketAddr {
    let mut serve = serve;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        #[expect(clippy::result_large_err, reason = "tungstenite's own type")]
        for (number, tcp) in listener.incoming().enumerate() {
            let mut asked = None;
            let accepted = tungstenite::accept_hdr(
                tcp.unwrap(),
                |request: &Request, mut response: Response| {
                    asked = Some(request.clone());
                    let offers = request.headers().get("sec-websocket-protocol");
                    if let Some(first) =
                        offers.and_then(|offers| offers.to_str().ok()?.split(',').next())
                    {
                        let headers = response.headers_mut();
                        headers.insert("sec-websocket-protocol", first.trim().parse().unwrap());
                    }
                    Ok(response)
                },
            )
            .ok();
            if let (Some(socket), Some(request)) = (accepted, asked) {
                serve(number, request, socket);
            }
        }
    });
    address
}

/// `orcs ws` in a folder that is no app.
pub fn ws(args: &[&str]) -> Ran {
    ran(&command(args).output().unwrap())
}

pub fn command(args: &[&str]) -> Command {
    let mut command = orcs(std::path::Path::new("/"));
    command.arg("ws").args(args).stdin(Stdio::null());
    command
}

/// The same with lines on its stdin.
pub fn ws_with(lines: &str, args: &[&str]) -> Ran {
    let mut command = command(args);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // Who has failed already reads no more.
    _ = stdin.write_all(lines.as_bytes());
    drop(stdin);
    ran(&child.wait_with_output().unwrap())
}
