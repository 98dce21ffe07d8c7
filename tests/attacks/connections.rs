//! More connections than there is room for, and those who come and go.

use crate::common::raw::{CLOSE, FIN, RawClient, masked, upgrade_request};
use crate::common::within;
use crate::kit::{Attack, MIB};
use crate::server::OPEN;
use std::time::Duration;
use tokio::time::sleep;

/// So many knock, each with header lines of its own; those who are not let in are answered
/// with `refused`. Returns those who are.
async fn crowd(
    attack: &Attack,
    people: u32,
    refused: u16,
    more: impl Fn(u32) -> String,
) -> Vec<RawClient> {
    let mut inside = Vec::new();
    for number in 0..people {
        let (client, answer) = attack.knock(OPEN, &more(number)).await;
        match answer.status {
            101 => inside.push(client),
            status => assert_eq!(status, refused),
        }
    }
    inside
}

/// Who has nothing to add.
fn nothing(_: u32) -> String {
    String::new()
}

/// From another address of loopback, which all of 127.0.0.0/8 is on Linux.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn an_address_with_too_many_connections_is_answered_with_429() {
    use std::net::{Ipv4Addr, SocketAddr};
    use tokio::net::TcpSocket;

    let settings = [("WS_MAX_CONNECTIONS_PER_IP", "30")];
    let attack = Attack::begin("1,000 connections of one address", &settings).await;
    let mut inside = Vec::new();
    let mut refused = 0;
    for number in 0..1000 {
        let socket = TcpSocket::new_v4().expect("a socket");
        let own = SocketAddr::from((Ipv4Addr::new(127, 0, 0, 2), 0));
        socket.bind(own).expect("an address of this machine");
        let stream = within(socket.connect(attack.server.address)).await;
        let mut client = RawClient::of(stream.expect("it listens"));
        // What a client says of itself changes nothing.
        let forwarded = format!("X-Forwarded-For: 203.0.113.{}\r\n", number % 256);
        let answer = client.request(&upgrade_request(OPEN, &forwarded)).await;
        match answer.status {
            101 => inside.push(client),
            status => {
                assert_eq!(status, 429);
                refused += 1;
            }
        }
    }
    assert_eq!((inside.len(), refused), (30, 970));
    assert_eq!(attack.stats("refusedConnections").await, 970);
    drop(inside);
    attack.ends("429", 4 * MIB).await;
}

#[tokio::test]
async fn behind_a_proxy_a_network_with_too_many_connections_is_answered_with_429() {
    let settings = [
        ("WS_MAX_CONNECTIONS_PER_IP", "30"),
        ("WS_TRUSTED_PROXIES", "loopback"),
    ];
    let attack = Attack::begin("500 addresses of one /64, by a proxy", &settings).await;
    let forwarded = |number| format!("X-Forwarded-For: 1.2.3.4, 2001:db8::{number:x}:1\r\n");
    let inside = crowd(&attack, 500, 429, forwarded).await;
    assert_eq!(inside.len(), 30);
    drop(inside);
    attack.ends("429", 4 * MIB).await;
}

#[tokio::test]
async fn one_connection_too_many_is_answered_with_503() {
    let settings = [
        ("WS_MAX_CONNECTIONS", "50"),
        ("WS_MAX_CONNECTIONS_PER_IP", "0"),
    ];
    let attack = Attack::begin("1,000 connections, room for 50", &settings).await;
    let inside = crowd(&attack, 1000, 503, nothing).await;
    // The bystanders are there too.
    assert_eq!(inside.len(), 40);
    drop(inside);
    attack.ends("503", 4 * MIB).await;
}

#[tokio::test]
async fn those_for_whom_there_is_no_room_are_not_waited_for() {
    let settings = [
        ("WS_MAX_CONNECTIONS", "50"),
        ("WS_MAX_CONNECTIONS_PER_IP", "0"),
    ];
    let attack = Attack::begin("1,000 silent ones, room for 50", &settings).await;
    let mut silent = Vec::new();
    for _ in 0..1000 {
        silent.push(attack.tcp().await);
    }
    // All but those who were in time have been hung up on.
    for client in &mut silent[100..] {
        client.ended().await;
    }
    drop(silent);
    attack.ends("hung up on", 4 * MIB).await;
}

#[tokio::test]
async fn a_server_without_descriptors_waits_and_goes_on_by_itself() {
    let settings = [
        ("WS_MAX_CONNECTIONS", "10000"),
        ("WS_MAX_CONNECTIONS_PER_IP", "0"),
    ];
    let attack = Attack::begin_with_descriptors("no descriptor is left", 64, &settings).await;
    let used_before = attack.cpu();
    let mut clients = Vec::new();
    for _ in 0..200 {
        // The kernel takes them, although the server cannot.
        clients.push(attack.tcp().await);
    }
    sleep(Duration::from_secs(2)).await;
    if let (Some(before), Some(after)) = (used_before, attack.cpu()) {
        // A loop without a pause would have used all of the two seconds.
        assert!(
            after - before < Duration::from_secs(1),
            "{before:?}, {after:?}"
        );
    }
    attack.logs(&["cannot take a connection"]).await;
    let log = attack.server.log();
    let told = log.matches("cannot take a connection").count();
    assert!(told <= 10, "{log}");
    drop(clients);
    let answer = format!("told {told} times in the log");
    attack.ends(&answer, 8 * MIB).await;
}

#[tokio::test]
async fn a_server_with_few_descriptors_takes_no_more_than_it_can() {
    // Nine tenths of 200 are 180.
    let settings = [("WS_MAX_CONNECTIONS_PER_IP", "0")];
    let attack =
        Attack::begin_with_descriptors("few descriptors, default limit", 200, &settings).await;
    let inside = crowd(&attack, 1000, 503, nothing).await;
    assert_eq!(inside.len(), 180 - 10);
    assert!(!attack.server.log().contains("cannot take a connection"));
    drop(inside);
    attack.ends("503", 4 * MIB).await;
}

#[tokio::test]
async fn who_comes_and_goes_leaves_nothing_behind() {
    let attack = Attack::begin("2,000 come, join and go", &[]).await;
    for number in 0..2000 {
        let mut client = attack.connect(OPEN).await;
        client
            .send_text(&format!(
                r#"{{"event":"join","payload":"room {number}","id":1}}"#
            ))
            .await;
        assert_eq!(
            client.text().await,
            r#"{"event":"orcs:ack","payload":null,"id":1}"#
        );
        match number % 4 {
            0 => {
                client
                    .send(masked(FIN | CLOSE, &1000_u16.to_be_bytes()))
                    .await;
                assert_eq!(client.closed().await.0, 1000);
            }
            1 => client.reset(),
            // In the middle of a frame.
            2 => client.send([0x81, 0x85, 1, 2]).await,
            _ => {}
        }
    }
    attack.ends("all gone", 4 * MIB).await;
}

#[tokio::test]
async fn who_goes_in_the_middle_of_a_handshake_leaves_nothing_behind() {
    let attack = Attack::begin("2,000 half handshakes", &[]).await;
    let request = upgrade_request(OPEN, "");
    for number in 0..2000 {
        let mut client = attack.tcp().await;
        client.send(&request[..number % request.len()]).await;
        if number % 2 == 0 {
            client.reset();
        }
    }
    for _ in 0..500 {
        let mut client = attack.tcp().await;
        client.send(&request).await;
        client.reset();
    }
    attack.ends("all gone", 8 * MIB).await;
}
