//! A login by cookie, and a socket that only the app's own page can open.
//!
//! Run it: `JWT_SECRET=$(openssl rand -hex 32) cargo run --example login`, then open
//! `http://localhost:42069` in two tabs. A browser sends the cookie with every socket that any
//! page opens; so only pages of this host may open one, and each brings a token that it fetched.

use orcs::prelude::*;
use orcs::warp::{self, Filter, Rejection, Reply as Answer};
use orcs::{Config, Secret};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const COOKIE: &str = "login";
const AN_HOUR: Duration = Duration::from_secs(60 * 60);

/// What the cookie's token says.
#[derive(Serialize, Deserialize)]
struct User {
    #[serde(rename = "sub")]
    name: String,
    exp: u64,
}

/// Closes with 4401 without a login, and with 4002 without a page's token.
fn room() -> Route<User> {
    ws("/ws/room")
        .auth::<User>()
        .connect(async |client| {
            client.join("room");
            client.send("welcome", &client.data().name);
        })
        .on("say", async |client, text: String| {
            let said = (&client.data().name, text);
            client.to("room").include_self().send("said", &said)
        })
        .on("logout", async |client, ()| {
            let name = &client.data().name;
            client.manager().disconnect_user(name, 4401, "logged out");
        })
}

/// `POST /login` with a name as its body: a real app asks for a password here.
fn login(secret: Secret) -> impl Filter<Extract = (impl Answer,), Error = Rejection> + Clone {
    warp::path!("login")
        .and(warp::post())
        .and(warp::body::content_length_limit(64))
        .and(warp::body::bytes())
        .map(move |name: Bytes| {
            let token = token(&String::from_utf8_lossy(&name), &secret);
            let cookie = format!("{COOKIE}={token}; HttpOnly; SameSite=Lax; Path=/; Max-Age=3600");
            warp::reply::with_header("", "set-cookie", cookie)
        })
}

fn token(name: &str, secret: &Secret) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let exp = (now.unwrap_or_default() + AN_HOUR).as_secs();
    let name = name.to_owned();
    orcs::auth::sign(&User { name, exp }, secret.expose()).expect("a name and a number are JSON")
}

#[tokio::main]
async fn main() -> orcs::Result {
    let config = Config::load(|config| config.auth_cookie = Some(COOKIE.to_owned()))?;
    let secret = config.jwt_secret.clone();
    let secret =
        secret.ok_or("JWT_SECRET is not set (example: the output of `openssl rand -hex 32`)")?;
    let page = || warp::path::end().map(|| warp::reply::html(PAGE));
    let routes = Routes::new()
        .add(room())
        .http(move |_manager| page().or(login(secret)))
        .http(orcs::csrf_tokens);
    orcs::serve(config, routes).await
}

const PAGE: &str = r#"<!doctype html>
<meta charset="utf-8">
<title>Who are you?</title>
<form id="login"><input id="name" placeholder="Your name" autofocus><button>Log in</button></form>
<form id="say"><input id="text" placeholder="Say something"><button>Say</button></form>
<button id="logout">Log out everywhere</button>
<ul id="log"></ul>
<script>
  const $ = (id) => document.getElementById(id);
  const show = (line) => $("log").append(Object.assign(document.createElement("li"), { textContent: line }));
  let socket;

  async function connect() {
    const { token } = await (await fetch("/_orcs/csrf")).json();
    socket = new WebSocket(`ws://${location.host}/ws/room`, `orcs-token-${token}`);
    socket.onmessage = ({ data }) => {
      const { event, payload } = JSON.parse(data);
      show(event === "said" ? payload.join(": ") : `${event}: ${payload}`);
    };
    socket.onclose = ({ code, reason }) => show(`closed: ${code} ${reason}`);
  }
  const send = (event, payload) => socket.send(JSON.stringify({ event, payload }));

  $("login").onsubmit = async (submit) => {
    submit.preventDefault();
    await fetch("/login", { method: "POST", body: $("name").value });
    await connect();
  };
  $("say").onsubmit = (submit) => {
    submit.preventDefault();
    send("say", $("text").value);
    $("text").value = "";
  };
  $("logout").onclick = () => send("logout", null);
</script>
"#;
