// The clients that ORCS's documentation shows, against the showcase.

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import WebSocket from "ws";
import { App, until } from "./app.mjs";
import { launch } from "./browser.mjs";
import { Client } from "./client.mjs";
import { inNode, inPage, snippet } from "./snippet.mjs";

let app;   // one for each test: nobody hears who left the test before
let browser;
before(async () => { browser = await launch(); });
beforeEach(async () => { app = await App.start(); });
afterEach(() => app.stop());
after(() => browser.close());

const url = (path) => `ws://${app.host}${path}`;

const keys = (payload) => Object.keys(payload).sort();
const CLIENT_ID = /^[\w-]{16,}$/;
const ISO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

// ------------------------------------------------------------------- connecting

for (const place of ["node", "a page"]) {
  test(`the chat client of the docs connects, is welcomed and talks, in ${place}`, async () => {
    const other = await Client.connect(url("/ws/chat"));
    await other.next("welcome");

    const running = await (place === "node" ? inNode : inPage)(snippet("orcs-chat", app), app, browser);
    const { clientId } = await other.next("user-joined");

    const said = await other.next("message");
    assert.equal(said.text, "Hello!");
    assert.equal(said.from, clientId);
    assert.match(said.timestamp, ISO_TIME);

    other.say("message", { text: "Hello yourself!" });
    await until(async () => (await running.lines()).length >= 3, "the snippet logs three lines");
    const [connected, welcome, message, ...more] = await running.lines();
    assert.deepEqual(connected, ["Connected!"]);
    assert.deepEqual(welcome, ["Received welcome:", { message: "Welcome to chat!", clientId }]);
    assert.equal(message[0], "Received message:");
    assert.equal(message[1].text, "Hello yourself!");
    assert.deepEqual(more, [], "its own message does not come back");

    await running.leave();
    assert.equal((await other.next("user-left")).clientId, clientId);
  });
}

// ------------------------------------------------------------------------ tokens

for (const [way, protocol] of [["query", ""], ["header", ""], ["subprotocol", "token"]]) {
  test(`a token by ${way} opens the private route in node`, async () => {
    const client = new Client(inNode(snippet(`orcs-token-${way}`, app, app.token({ sub: "ann" }))).ws);
    await until(() => client.socket.readyState === WebSocket.OPEN, "it opens");
    assert.equal(client.socket.protocol, protocol);
    assert.equal(await client.ask("whoami"), "ann");
    assert.equal(client.closed, undefined);
  });

  test(`a wrong token by ${way} is told 4401 in node`, async () => {
    const client = new Client(inNode(snippet(`orcs-token-${way}`, app, "not.a.token")).ws);
    assert.deepEqual(await client.ending(), { code: 4401, reason: "Unauthorized" });
  });
}

// A browser's WebSocket takes no headers.
for (const [way, protocol] of [["query", ""], ["subprotocol", "token"]]) {
  test(`a token by ${way} opens the private route in a page`, async () => {
    const { page } = await inPage(snippet(`orcs-token-${way}`, app, app.token({ sub: "ann" })), app, browser);
    await page.waitForFunction("ws.readyState === WebSocket.OPEN");
    assert.equal(await page.evaluate("ws.protocol"), protocol);
    const answer = page.evaluate("new Promise((resolve) => { ws.onmessage = ({ data }) => resolve(JSON.parse(data)); })");
    await page.evaluate(`ws.send(JSON.stringify({ event: "whoami", id: 1 }))`);
    assert.equal((await answer).payload, "ann");
    assert.equal(await page.evaluate("ws.readyState"), WebSocket.OPEN);
  });

  test(`a wrong token by ${way} is told 4401 in a page`, async () => {
    const { page } = await inPage(snippet(`orcs-token-${way}`, app, "not.a.token"), app, browser);
    await page.waitForFunction("ws.closed");
    assert.deepEqual(await page.evaluate("ws.closed"), { code: 4401, reason: "Unauthorized" });
  });
}

test("without a token the private routes open, and close with 4401", async () => {
  for (const path of ["/ws/private", "/ws/notifications"]) {
    const client = await Client.connect(url(path));
    assert.deepEqual(await client.ending(), { code: 4401, reason: "Unauthorized" });
    assert.equal(client.error, undefined, "the handshake itself succeeds, so that a browser learns the code");
  }
});

test("a token that has expired, or that somebody else signed, is none", async () => {
  const expired = app.token({ sub: "ann", exp: Math.floor(Date.now() / 1000) - 3600 });
  const [head, , signature] = app.token({ sub: "ann" }).split(".");
  const forged = [head, Buffer.from(JSON.stringify({ sub: "root", exp: 9999999999 })).toString("base64url"), signature].join(".");
  for (const token of [expired, forged]) {
    const client = await Client.connect(url(`/ws/private?token=${token}`));
    assert.equal((await client.ending()).code, 4401);
  }
});

// ------------------------------------------------------------------------ events
// The keys are those of the docs; `room` is added, so that a client in two rooms
// can tell which one is meant.

test("connecting: a welcome for the newcomer, `user-joined` for the others", async () => {
  const ann = await Client.connect(url("/ws/chat"));
  const welcome = await ann.next("welcome");
  assert.deepEqual(keys(welcome), ["clientId", "message"]);
  assert.equal(welcome.message, "Welcome to chat!");
  assert.match(welcome.clientId, CLIENT_ID);

  const bob = await Client.connect(url("/ws/chat"));
  const { clientId } = await bob.next("welcome");
  assert.notEqual(clientId, welcome.clientId);
  assert.deepEqual(await ann.next("user-joined"), { clientId, room: "general" });

  bob.close();
  assert.deepEqual(await ann.next("user-left"), { clientId, room: "general" });
});

test("a room: joined, talked in, typed in and left", async () => {
  const [ann, bob] = [await Client.connect(url("/ws/chat")), await Client.connect(url("/ws/chat"))];
  const [annId, bobId] = [(await ann.next("welcome")).clientId, (await bob.next("welcome")).clientId];
  await ann.next("user-joined");

  // The broadcast of the docs reaches who joins, too.
  ann.say("join", { room: "lobby" });
  assert.deepEqual(await ann.next("user-joined"), { userId: annId, room: "lobby" });
  bob.say("join", { room: "lobby" });
  for (const client of [ann, bob]) {
    assert.deepEqual(await client.next("user-joined"), { userId: bobId, room: "lobby" });
  }

  ann.say("message", { room: "lobby", text: "Hi, lobby" });
  const said = await bob.next("message");
  assert.deepEqual(keys(said), ["from", "room", "text", "timestamp"]);
  assert.deepEqual({ ...said, timestamp: "" }, { from: annId, room: "lobby", text: "Hi, lobby", timestamp: "" });
  assert.match(said.timestamp, ISO_TIME);

  bob.say("typing", { room: "lobby" });
  assert.deepEqual(await ann.next("user-typing"), { clientId: bobId, room: "lobby" });

  bob.say("leave", { room: "lobby" });
  assert.deepEqual(await ann.next("user-left"), { clientId: bobId, room: "lobby" });
  ann.say("message", { room: "lobby", text: "anybody?" });
  ann.say("message", { room: "general", text: "everybody!" });
  assert.equal((await bob.next("message")).text, "everybody!", "who left a room hears nothing of it");
});

test("notifications begin with the unread count", async () => {
  const ann = await Client.connect(url(`/ws/notifications?token=${app.token({ sub: "ann" })}`));
  assert.deepEqual(await ann.next("unread-count"), { count: 5 });
});

test("an echo comes back to who sent it", async () => {
  const ann = await Client.connect(url("/ws/echo"));
  ann.say("message", { text: "Grüße, 世界 🌍" });
  assert.deepEqual(await ann.next("message"), { text: "Grüße, 世界 🌍" });
});

test("a mistake is answered, and costs nothing more", async () => {
  const ann = await Client.connect(url("/ws/chat"));
  await ann.next("welcome");
  ann.socket.send("not JSON");
  assert.equal(typeof (await ann.next("error")).message, "string");
  assert.equal((await ann.ask("mesage", { text: "hi" })).code, "unknown_event");
  ann.say("message", { text: 5 });
  await ann.next("error");
  assert.equal(ann.socket.readyState, WebSocket.OPEN);
});
