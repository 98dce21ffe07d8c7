//! A codec of an app's own, and a route for clients of every codec that names events.

use orcs::codec::{Codec, Encoded, Incoming, Message, Outgoing};
use orcs::prelude::*;
use serde_json::{Value, from_str, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// `[event, payload, id]` in MessagePack, and how often it encoded a `said`.
#[derive(Clone, Default)]
pub struct MessagePack {
    pub said: Arc<AtomicUsize>,
}

impl Codec for MessagePack {
    fn decode(&self, message: Message<'_>) -> orcs::Result<Incoming> {
        let Message::Binary(bytes) = message else {
            return Err("MessagePack is binary".into());
        };
        let (event, payload, id): (String, Value, Value) = rmp_serde::from_slice(bytes)?;
        if event == "decode-panics" {
            panic!("on purpose");
        }
        Incoming::new(event, &payload)?.with_id(&id)
    }

    fn encode(&self, outgoing: &Outgoing<'_>) -> orcs::Result<Encoded> {
        match outgoing.event {
            "said" => drop(self.said.fetch_add(1, Ordering::Relaxed)),
            "encode-fails" => return Err("it cannot be said".into()),
            "encode-panics" => panic!("on purpose"),
            _ => {}
        }
        if outgoing.payload.get() == r#""unspeakable""# {
            return Err("it cannot be said".into());
        }
        let payload: Value = from_str(outgoing.payload.get())?;
        let id: Value = outgoing
            .id
            .map_or(Ok(Value::Null), |id| from_str(id.get()))?;
        Ok(rmp_serde::to_vec(&(outgoing.event, payload, id))?.into())
    }
}

pub fn packed(event: &str, payload: impl Into<Value>, id: impl Into<Value>) -> Vec<u8> {
    rmp_serde::to_vec(&(event, payload.into(), id.into())).expect("it can be packed")
}

#[derive(Deserialize)]
pub struct Join {
    room: String,
}

#[derive(Serialize, Deserialize)]
pub struct Said {
    pub text: String,
}

#[derive(Deserialize)]
pub struct Wanted {
    #[serde(default)]
    text: Option<String>,
}

/// The same for clients of every codec that names events.
pub fn talk(route: Route) -> Route {
    route
        .on("join", async |client, Join { room }| client.join(&room))
        .on("say", async |client, said: Said| {
            client.to("lobby").include_self().send("said", &said);
        })
        .on("add", async |_client, numbers: Vec<i64>| {
            Reply(numbers.iter().sum::<i64>())
        })
        .on("count", async |client, number: u32| {
            client.send("count", &(number + 1))
        })
        .on("whoami", async |_client, ()| Reply(json!({"name": "ann"})))
        .on("wanted", async |_client, wanted: Wanted| Reply(wanted.text))
        .on("mistake", async |_client, _: Value| -> orcs::Result {
            Err("no, thanks".into())
        })
        .on("panic", async |_client, _: Value| -> () {
            panic!("on purpose")
        })
}
