//! A server that somebody watches over: it says how it stands, and does not outlive him.
#![cfg(unix)]

mod common;

use common::process::{self, Process, said_to};
use common::raw::{RawClient, upgrade_request};
use common::{A_WHILE, eventually};
use orcs::prelude::*;
use orcs::{App, Config};
use std::net::{SocketAddr, TcpListener};
use std::os::unix::net::UnixDatagram;
use std::process::Stdio;
use tokio::time::sleep;

const SERVER: &str = "the_server_is_a_process_of_its_own";
const PATH: &str = "/ws/stay";

/// This executable is the server too: with a word for it in its environment, this test is one.
#[test]
fn the_server_is_a_process_of_its_own() {
    if !process::is_wanted() {
        return;
    }
    let config = Config::load(|_| ()).expect("settings that can be read");
    let route = ws(PATH).on("say", async |_client, text: String| Reply(text));
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let served = runtime.block_on(App::new(config, route).serve());
    served.expect("an app that can start");
}

/// A server that is ready, and a client of it.
async fn server(settings: &[(&str, &str)]) -> (Process, RawClient) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("it is bound");
    let server = Process::start(SERVER, vec![listener.into()], settings);
    server.is_ready().await;
    let client = client(address).await;
    (server, client)
}

async fn client(address: SocketAddr) -> RawClient {
    let mut client = RawClient::tcp(address).await;
    let answer = client.request(&upgrade_request(PATH, "")).await;
    assert_eq!(answer.status, 101);
    client.is_answered().await;
    client
}

#[tokio::test]
async fn a_server_says_when_it_is_ready_and_when_it_stops() {
    let (server, mut client) = server(&[]).await;
    server.terminate();
    assert_eq!(server.says().await, "STOPPING=1");
    assert_eq!(client.closed().await.0, 1012);
    drop(client);
    server.ends_well().await;
}

#[tokio::test]
async fn the_first_signal_that_a_server_gets_when_it_is_ready_stops_it_gently() {
    for _ in 0..20 {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let server = Process::start(SERVER, vec![listener.into()], &[]);
        server.is_ready().await;
        server.terminate();
        server.ends_well().await;
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_server_says_it_to_an_abstract_name_too() {
    use std::os::linux::net::SocketAddrExt;
    let name = format!("orcs-test-{}", std::process::id());
    let address = std::os::unix::net::SocketAddr::from_abstract_name(&name);
    let notified = UnixDatagram::bind_addr(&address.expect("a short name")).expect("a free name");
    let name = format!("@{name}");
    let server = Process::start(SERVER, vec![], &[("NOTIFY_SOCKET", &name)]);
    assert_eq!(said_to(&notified).await, "READY=1");
    server.terminate();
    assert_eq!(said_to(&notified).await, "STOPPING=1");
    server.ends_well().await;
}

#[tokio::test]
async fn a_server_that_can_tell_nobody_says_so_in_its_log_and_serves() {
    for (socket, why) in [
        ("notify", "neither an absolute path nor a name behind an @"),
        ("/no/such/socket", "No such file"),
        ("@nobody-has-this-name", "Connection refused"),
    ] {
        let server = Process::start(SERVER, vec![], &[("NOTIFY_SOCKET", socket)]);
        let line = format!("cannot tell NOTIFY_SOCKET `{socket}` that READY=1: {why}");
        eventually(|| server.log().contains(&line)).await;
        eventually(|| server.log().contains("listening on")).await;
        server.terminate();
        server.ends_well().await;
    }
}

#[tokio::test]
async fn a_server_does_not_outlive_its_supervisor() {
    let (mut server, mut client) = server(&[("ORCS_SUPERVISED", "1")]).await;
    drop(server.stdin.take());
    assert_eq!(server.says().await, "STOPPING=1");
    assert_eq!(client.closed().await.0, 1012);
    drop(client);
    server.ends_well().await;
}

#[tokio::test]
async fn what_a_supervisor_writes_is_not_its_end() {
    let (mut server, mut client) = server(&[("ORCS_SUPERVISED", "1")]).await;
    let mut stdin = server.stdin.take().expect("it is piped");
    std::io::Write::write_all(&mut stdin, b"a line\n").expect("a pipe takes it");
    sleep(A_WHILE).await;
    client.is_answered().await;
    assert!(server.is_running());
}

#[tokio::test]
async fn without_a_supervisor_the_end_of_stdin_is_nothing() {
    for settings in [
        &[][..],
        &[("ORCS_SUPERVISED", "")],
        &[("ORCS_SUPERVISED", "0")],
    ] {
        let (mut server, mut client) = server(settings).await;
        drop(server.stdin.take());
        sleep(A_WHILE).await;
        client.is_answered().await;
        assert!(server.is_running());
    }
}

#[tokio::test]
async fn a_stdin_that_is_no_pipe_is_no_supervisor() {
    let supervised = [("ORCS_SUPERVISED", "1")];
    let mut server = Process::start_reading(Stdio::null(), SERVER, vec![], &supervised);
    server.is_ready().await;
    sleep(A_WHILE).await;
    assert!(server.is_running());
}
