//! Tic-tac-toe for two, and for all who watch: a room for each match.

use crate::matches::{Match, Matches};
use crate::seats::Away;
use orcs::prelude::*;
use orcs::{RateLimit, WebSocketManager};
use std::time::Duration;

#[derive(Deserialize)]
struct Play {
    cell: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Welcome {
    client_id: ClientId,
}

/// A match, by its name: `/ws/matches/red-fox`. Who comes gets a free seat, else watches. With
/// `?key=` and something that nobody can guess, a player who was cut off gets his seat back.
///
/// In:  `play` `{"cell"}` from 0 to 8, `again`, `sit`.
/// Out: `welcome` `{"clientId"}`, `match` with all there is to see, whenever it has changed.
pub fn game() -> Route {
    ws("/ws/matches/{name:[a-z0-9-]{1,32}}")
        .needs::<Matches>()
        .rate_limit(RateLimit::per_second(10))
        .connect(enter)
        .on("sit", async |client, ()| sit(&client))
        .on("play", async |client, Play { cell }: Play| {
            change(&client, |game| game.play(client.id(), cell))
        })
        .on("again", async |client, ()| {
            change(&client, |game| game.again(client.id()))
        })
        .disconnect(leave)
}

async fn enter(client: Client) -> orcs::Result {
    let name: String = client.param("name")?;
    client.join(&room_of(&name));
    let client_id = client.id();
    client.send("welcome", &Welcome { client_id });
    // Without a free seat one watches.
    if sit(&client).is_err() {
        change(&client, |_| Ok(()))?;
    }
    Ok(())
}

fn sit(client: &Client) -> orcs::Result {
    let key = client.query("key").filter(|key| !key.is_empty());
    change(client, |game| game.sit(client.id(), key))
}

async fn leave(client: Client, _close: Close) -> orcs::Result {
    let name: String = client.param("name")?;
    let mut away = None;
    change(&client, |game| {
        away = game.leave(client.id());
        Ok(())
    })?;
    if let Some(away) = away {
        // Not a timer of the client, which ends with it.
        tokio::spawn(keep_seat(client.manager().clone(), name, away));
    }
    Ok(())
}

async fn keep_seat(manager: WebSocketManager, name: String, away: Away) {
    tokio::time::sleep(GRACE).await;
    matches(&manager).with(&name, |game| {
        if game.vacate(away) {
            tell(&manager, &name, game);
        }
    });
}

/// Changes a client's match, and tells everybody in it. What is refused only the client hears.
fn change(
    client: &Client,
    change: impl FnOnce(&mut Match) -> Result<(), &'static str>,
) -> orcs::Result {
    let name: String = client.param("name")?;
    let manager = client.manager();
    matches(manager).with(&name, |game| {
        change(game)?;
        tell(manager, &name, game);
        Ok(())
    })
}

fn tell(manager: &WebSocketManager, name: &str, game: &mut Match) {
    run_clock(manager, game);
    let room = room_of(name);
    let view = game.view(manager.room_size(&room));
    manager.broadcast_to_room(&room, "match", &view, []);
}

/// Lets the time run of whose turn it is, on a timer of that client.
fn run_clock(manager: &WebSocketManager, game: &mut Match) {
    let turn = game.turn();
    if turn == game.clocked() {
        return;
    }
    let timer = turn.and_then(|turn| {
        let player = manager.client(turn.player)?;
        let time_is_up = async move |client: Client| {
            change(&client, |game| {
                game.time_out(turn.number);
                Ok(())
            })
        };
        Some(player.after(game.time_left(), time_is_up))
    });
    game.set_clock(turn, timer);
}

fn matches(manager: &WebSocketManager) -> &Matches {
    manager.state().expect("the route needs them")
}

fn room_of(name: &str) -> String {
    format!("match:{name}")
}

/// How long a seat is kept for who was cut off: a reload, a tunnel, a restart of the server.
pub const GRACE: Duration = Duration::from_secs(15);
