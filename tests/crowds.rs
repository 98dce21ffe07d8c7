//! More connections than there may be.

mod common;

use common::raw::{RawClient, upgrade_request};
use common::{App, eventually, start_with};
use orcs::prelude::*;

fn route() -> Route {
    ws("/ws").on("say", async |_client, text: String| Reply(text))
}

async fn status(app: &App, headers: &str) -> u16 {
    let mut client = RawClient::tcp(app.address).await;
    client
        .request(&upgrade_request("/ws", headers))
        .await
        .status
}

/// Connects `count` clients, each of which is answered.
async fn clients(app: &App, count: usize) -> Vec<RawClient> {
    let mut clients = Vec::new();
    for _ in 0..count {
        clients.push(RawClient::connect(app, "/ws").await);
    }
    clients
}

async fn are_answered(clients: &mut [RawClient]) {
    for client in clients {
        client
            .send_text(r#"{"event":"say","payload":"hi","id":1}"#)
            .await;
        assert!(client.text().await.contains(r#""payload":"hi""#));
    }
}

#[tokio::test]
async fn one_connection_too_many_is_answered_with_503_and_the_others_go_on() {
    let app = start_with(route(), |config| config.max_connections = Some(5)).await;
    let mut inside = clients(&app, 5).await;
    for _ in 0..100 {
        assert_eq!(status(&app, "").await, 503);
    }
    are_answered(&mut inside).await;
    let stats = app.manager.get_stats();
    assert_eq!((stats.connections, stats.refused_connections), (5, 100));
    inside.pop().expect("there are five").reset();
    eventually(|| app.manager.get_stats().sockets == 4).await;
    assert_eq!(status(&app, "").await, 101);
}

#[tokio::test]
async fn an_address_with_too_many_connections_is_answered_with_429() {
    let app = start_with(route(), |config| config.max_connections_per_ip = Some(3)).await;
    let mut inside = clients(&app, 3).await;
    assert_eq!(status(&app, "").await, 429);
    are_answered(&mut inside).await;
    drop(inside);
    eventually(|| app.manager.get_stats().sockets == 0).await;
    assert_eq!(status(&app, "").await, 101);
}

#[tokio::test]
async fn behind_a_trusted_proxy_each_client_has_a_limit_of_its_own() {
    let app = start_with(route(), |config| {
        config.max_connections_per_ip = Some(2);
        config.trusted_proxies = "loopback".parse().unwrap();
    })
    .await;
    let of = |address: &str| format!("X-Forwarded-For: {address}\r\n");
    let mut inside = Vec::new();
    for address in [
        "203.0.113.7",
        "203.0.113.7",
        "203.0.113.8",
        "2001:db8::1",
        "2001:db8::2",
    ] {
        let mut client = RawClient::tcp(app.address).await;
        let request = upgrade_request("/ws", &of(address));
        assert_eq!(client.request(&request).await.status, 101, "{address}");
        inside.push(client);
    }
    for (address, expected) in [
        ("203.0.113.7", 429),
        ("::ffff:203.0.113.7", 429),
        ("2001:db8::3", 429),
        ("198.51.100.1, 203.0.113.7", 429),
        ("203.0.113.7, 203.0.113.8", 101),
        ("2001:db8:0:1::3", 101),
    ] {
        assert_eq!(status(&app, &of(address)).await, expected, "{address}");
    }
    are_answered(&mut inside).await;
}

#[tokio::test]
async fn those_for_whom_there_is_no_room_do_not_pile_up() {
    let app = start_with(route(), |config| config.max_connections = Some(1)).await;
    let mut inside = clients(&app, 1).await;
    let mut silent = Vec::new();
    // More than are told at a time; none of them asks for anything.
    for _ in 0..200 {
        silent.push(RawClient::tcp(app.address).await);
    }
    are_answered(&mut inside).await;
    for client in &mut silent {
        // Hung up on, at once or after a second.
        client.ended().await;
    }
    assert_eq!(app.manager.get_stats().sockets, 1);
    assert_eq!(status(&app, "").await, 503, "and the next is told again");
}
