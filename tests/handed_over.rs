//! Listening sockets that are handed over: one server takes the next one's place, and nobody
//! who connects notices.
#![cfg(unix)]

mod common;

use common::process::{self, Process};
use common::raw::{CLOSE, FIN, RawClient, TEXT, masked, upgrade_request};
use common::within;
use orcs::prelude::*;
use orcs::warp::Filter;
use orcs::{App, Config};
use socket2::{Domain, Socket, Type};
use std::collections::VecDeque;
use std::fs::File;
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use tokio::task::JoinSet;

const SERVER: &str = "the_server_is_a_process_of_its_own";
const PATH: &str = "/ws/stay";

/// This executable is the server too: with a word for it in its environment, this test is one.
#[test]
fn the_server_is_a_process_of_its_own() {
    if !process::is_wanted() {
        return;
    }
    let route = ws(PATH).on("who", async |_client, ()| Reply(std::process::id()));
    let page = |_| orcs::warp::path!("page").map(|| "a page");
    let config = Config::load(|_| ()).expect("settings that can be read");
    let app = App::new(config, Routes::new().add(route).http(page));
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    if let Err(error) = runtime.block_on(app.serve()) {
        eprintln!("refused: {error}");
        std::process::exit(1);
    }
}

fn listener() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("it is bound");
    (listener, address)
}

/// A server that listens on these sockets, under a supervisor.
async fn server(listeners: &[&TcpListener]) -> Process {
    let again = |listener: &&TcpListener| listener.try_clone().expect("a descriptor more").into();
    let sockets = listeners.iter().map(again).collect();
    let server = Process::start(SERVER, sockets, &[("ORCS_SUPERVISED", "1")]);
    server.is_ready().await;
    server
}

/// Opens a WebSocket: neither refused, nor reset, nor left without an answer.
async fn open(address: SocketAddr) -> RawClient {
    let mut client = RawClient::tcp(address).await;
    let answer = client.request(&upgrade_request(PATH, "")).await;
    assert_eq!(answer.status, 101, "{answer:?}");
    client
}

/// Whether the server answers an event; else it closes with 1012.
async fn is_answered(client: &mut RawClient) -> bool {
    client.send_text(r#"{"event":"who","id":1}"#).await;
    let frame = client.frame().await;
    if frame.first == FIN | TEXT {
        return true;
    }
    assert_eq!(frame.close().0, 1012);
    assert_eq!(client.next().await, None, "nothing comes behind a close");
    false
}

/// A WebSocket whose server has answered it.
async fn resident(address: SocketAddr) -> RawClient {
    loop {
        let mut client = open(address).await;
        if is_answered(&mut client).await {
            return client;
        }
    }
}

async fn get(client: &mut RawClient) -> bool {
    let answer = client.request("GET /page HTTP/1.1\r\nHost: localhost\r\n\r\n");
    let answer = answer.await;
    assert_eq!((answer.status, answer.body.as_str()), (200, "a page"));
    answer.header("connection") == Some("close")
}

/// Clients that connect without pause; each failure of theirs is a panic.
struct Load {
    clients: JoinSet<()>,
    is_over: Arc<AtomicBool>,
    sockets: Arc<AtomicUsize>,
    requests: Arc<AtomicUsize>,
}

impl Load {
    fn on(address: SocketAddr) -> Self {
        let mut load = Self {
            clients: JoinSet::new(),
            is_over: Arc::default(),
            sockets: Arc::default(),
            requests: Arc::default(),
        };
        for _ in 0..3 {
            let (is_over, sockets) = (Arc::clone(&load.is_over), Arc::clone(&load.sockets));
            load.clients.spawn(async move {
                while !is_over.load(Ordering::Relaxed) {
                    let mut client = open(address).await;
                    if is_answered(&mut client).await {
                        client
                            .send(masked(FIN | CLOSE, &1000_u16.to_be_bytes()))
                            .await;
                        client.closed_at_last().await;
                    }
                    sockets.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        for keeps in [false, true] {
            let (is_over, requests) = (Arc::clone(&load.is_over), Arc::clone(&load.requests));
            load.clients.spawn(async move {
                while !is_over.load(Ordering::Relaxed) {
                    let mut client = RawClient::tcp(address).await;
                    loop {
                        let is_last = get(&mut client).await;
                        requests.fetch_add(1, Ordering::Relaxed);
                        if is_last || !keeps || is_over.load(Ordering::Relaxed) {
                            break;
                        }
                    }
                }
            });
        }
        load
    }

    /// How many WebSockets and how many requests were served.
    async fn ends(mut self) -> (usize, usize) {
        self.is_over.store(true, Ordering::Relaxed);
        while let Some(client) = within(self.clients.join_next()).await {
            client.expect("a client that never failed");
        }
        let count = |count: &AtomicUsize| count.load(Ordering::Relaxed);
        (count(&self.sockets), count(&self.requests))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_who_connects_notices_fifty_swaps() {
    let (listener, address) = listener();
    let mut current = server(&[&listener]).await;
    let load = Load::on(address);
    let mut leaving = VecDeque::new();
    for _ in 0..50 {
        let mut residents = Vec::new();
        for _ in 0..4 {
            residents.push(resident(address).await);
        }
        let next = server(&[&listener]).await;
        current.terminate();
        for mut client in residents {
            let (code, _) = within(client.closed()).await;
            assert_eq!(code, 1012);
        }
        leaving.push_back(std::mem::replace(&mut current, next));
        if leaving.len() > 8 {
            leaving
                .pop_front()
                .expect("there are some")
                .ends_well()
                .await;
        }
    }
    let (sockets, requests) = load.ends().await;
    assert!(
        sockets > 200 && requests > 200,
        "{sockets} and {requests} are a load"
    );
    for server in leaving {
        server.ends_well().await;
    }
}

#[tokio::test]
async fn each_socket_that_is_handed_over_is_listened_on() {
    let ((first, an_address), (second, another)) = (listener(), listener());
    let _server = server(&[&first, &second]).await;
    for address in [an_address, another] {
        assert!(is_answered(&mut open(address).await).await);
    }
}

#[tokio::test]
async fn what_is_no_listening_socket_stops_the_start() {
    let file = || File::open("/dev/null").expect("it is there").into();
    let udp = || UdpSocket::bind("127.0.0.1:0").expect("a free port").into();
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("socket");
    let unix = || UnixListener::bind(&path).expect("a free name").into();
    let bound = || {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        socket.bind(&address.into()).expect("a free port");
        socket.into()
    };
    let good = || listener().0.into();
    let cases: [(Vec<OwnedFd>, &str, &str); 7] = [
        (
            vec![file()],
            "1",
            "descriptor 3 is not a listening TCP socket",
        ),
        (
            vec![udp()],
            "1",
            "descriptor 3 is not a listening TCP socket",
        ),
        (
            vec![unix()],
            "1",
            "descriptor 3 is not a listening TCP socket",
        ),
        (
            vec![bound()],
            "1",
            "descriptor 3 is not a listening TCP socket: it does not listen",
        ),
        (
            vec![good(), file()],
            "2",
            "descriptor 4 is not a listening TCP socket",
        ),
        (
            vec![good()],
            "0",
            "`0` is not a number of listening sockets",
        ),
        (
            vec![good()],
            "two",
            "`two` is not a number of listening sockets",
        ),
    ];
    for (sockets, count, why) in cases {
        let mut server = Process::start(SERVER, sockets, &[("LISTEN_FDS", count)]);
        assert_eq!(server.ends().await.code(), Some(1), "{}", server.log());
        let log = server.log();
        assert!(
            log.contains(&format!("refused: LISTEN_FDS: {why}")),
            "{log}"
        );
        assert!(log.contains("unset it to listen on HOST and PORT"), "{log}");
        assert!(!log.contains("panicked"), "{log}");
    }
}

#[tokio::test]
async fn sockets_that_are_handed_to_somebody_else_are_left_alone() {
    let (listener, address) = listener();
    let settings = [("LISTEN_PID", "1")];
    let server = Process::start(SERVER, vec![listener.into()], &settings);
    server.is_ready().await;
    let listens_there = format!("listening on http://{address}");
    assert!(!server.log().contains(&listens_there), "{}", server.log());
}
