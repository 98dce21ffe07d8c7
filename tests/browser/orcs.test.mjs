// The clients that ORCS's page shows, against examples/bun_orcs.rs.

import assert from "node:assert/strict";
import { test } from "node:test";
import { until } from "./app.mjs";
import { Client } from "./client.mjs";
import { served } from "./snippet.mjs";

const { url, http, token, snippet, run } = served("ORCS_BUN_ORCS");
const ISO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

for (const place of ["node", "a page"]) {
  test(`the client of the page connects and hears its own message, in ${place}`, async () => {
    const running = await run(place, snippet("orcs-chat"));
    await until(async () => (await running.lines()).length >= 2, "the snippet logs two lines");
    assert.deepEqual(await running.lines(), [
      ["Connected!"],
      ["Received message:", { text: "Hello!" }],
    ]);
    await running.leave();
  });

  // A browser's WebSocket takes no headers.
  for (const way of place === "node" ? ["query", "header", "subprotocol"] : ["query", "subprotocol"]) {
    test(`its token by ${way} opens the private route, and a wrong one is told 4401, in ${place}`, async () => {
      const ask = `
        ws.onmessage = ({ data }) => console.log(JSON.parse(data).payload);
        ws.onclose = ({ code, reason }) => console.log(code, reason);
        ws.onopen = () => ws.send(JSON.stringify({ event: "whoami", id: 1 }));`;
      for (const [shown, told] of [[token({ id: 7 }), [7]], ["not.a.token", [4401, "Unauthorized"]]]) {
        const running = await run(place, snippet(`orcs-token-${way}`, shown) + ask);
        await until(async () => (await running.lines()).length >= 1, "it is answered");
        assert.deepEqual((await running.lines())[0], told);
        await running.leave();
      }
    });
  }
}

test("who is in a room hears who comes, and what the others say", async () => {
  const [ann, bob] = [await Client.connect(url("/ws/rooms")), await Client.connect(url("/ws/rooms"))];
  ann.say("join", { room: "tea" });
  const annId = (await ann.next("user-joined")).userId;
  bob.say("join", { room: "tea" });
  for (const client of [ann, bob]) assert.notEqual((await client.next("user-joined")).userId, annId);
  ann.say("message", { room: "tea", text: "hi" });
  const said = await bob.next("message");
  assert.match(said.timestamp, ISO_TIME);
  assert.deepEqual({ ...said, timestamp: "" }, { from: annId, text: "hi", timestamp: "" });
  await bob.ask("leave", { room: "tea" });
  await ann.ask("message", { room: "tea", text: "anybody?" });
  await bob.ask("leave", { room: "tea" });
  assert.deepEqual([ann.texts(), bob.texts()], [[], []], "no sender hears itself, and nobody a room that he left");
  ann.close();
  bob.close();
});

test("the chat application welcomes, announces, tells who types, and sends a message to all", async () => {
  const ann = await Client.connect(url("/ws/chat-application"));
  const welcome = await ann.next("welcome");
  assert.equal(welcome.message, "Welcome to chat!");
  const bob = await Client.connect(url("/ws/chat-application"));
  const { clientId } = await bob.next("welcome");
  assert.deepEqual(await ann.next("user-joined"), { clientId });
  bob.say("typing", { room: "general" });
  assert.deepEqual(await ann.next("user-typing"), { clientId });
  bob.say("message", { room: "general", text: "hi" });
  for (const client of [ann, bob]) {
    const said = await client.next("message");
    assert.match(said.timestamp, ISO_TIME);
    assert.deepEqual({ ...said, timestamp: "" }, { from: clientId, text: "hi", timestamp: "" });
  }
  bob.close();
  assert.deepEqual(await ann.next("user-left"), { clientId });
  ann.close();
});

test("a notification reaches its user once on each device, and nobody else", async () => {
  const devices = [];
  for (const id of [7, 7, 8]) {
    const client = await Client.connect(url(`/ws/notifications?token=${token({ id })}`));
    assert.deepEqual(await client.next("unread-count"), { count: 5 });
    devices.push(client);
  }
  const eve = await Client.connect(url("/ws/rooms"));
  assert.equal((await eve.ask("join", { room: "user:7" })).code, "forbidden");

  const notify = (headers) => fetch(http("notify/7"), {
    method: "POST", headers: { "content-type": "application/json", ...headers }, body: `{"text":"lunch?"}`,
  });
  assert.equal((await notify({})).status, 401);
  const answer = await notify({ authorization: `Bearer ${token({ id: 8 })}` });
  assert.deepEqual(await answer.json(), { devices: 2 });
  for (const client of devices.slice(0, 2)) assert.deepEqual(await client.next("notification"), { text: "lunch?" });
  for (const client of devices) {
    assert.equal((await client.ask("nothing", null)).code, "unknown_event");
    assert.deepEqual(client.texts(), []);
    client.close();
  }
  eve.close();
});

test("without a token the private routes open, and close with 4401", async () => {
  for (const path of ["/ws/private", "/ws/notifications"]) {
    const client = await Client.connect(url(path));
    assert.deepEqual(await client.ending(), { code: 4401, reason: "Unauthorized" });
  }
});
