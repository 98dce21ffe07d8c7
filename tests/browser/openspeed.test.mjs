// The client that OpenSpeed's page shows, against examples/openspeed.rs.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { App, until } from "./app.mjs";
import { launch } from "./browser.mjs";
import { Client } from "./client.mjs";
import { inNode, inPage, snippet } from "./snippet.mjs";

let app;
let browser;
before(async () => {
  app = await App.start({}, "ORCS_OPENSPEED");
  browser = await launch();
});
after(async () => {
  await browser.close();
  await app.stop();
});

const url = (path) => `ws://${app.host}${path}`;

for (const place of ["node", "a page"]) {
  test(`the custom events of the page join and talk, in ${place}`, async () => {
    const connect = place === "node" ? inNode : inPage;
    const running = await connect(snippet("openspeed-connection", app), app, browser);
    await until(running.isOpen, "it opens");
    await running.goOn(snippet("openspeed-events", app));
    await until(async () => (await running.lines()).length >= 2, "the snippet logs two lines");
    assert.deepEqual(await running.lines(), [
      [{ type: "switched", payload: "Switched to room: general" }],
      [{ type: "message", content: "Hello!" }],
    ]);
    await running.leave();
  });
}

test("a room of the path: who comes, talks and goes", async () => {
  const ann = await Client.connect(url("/chat/tea%20time?user=Ann"));
  const bob = await Client.connect(url("/chat/tea%20time?user=Bob"));
  await until(() => ann.texts().length >= 1, "Ann hears that Bob came");
  bob.socket.send(JSON.stringify({ type: "message", content: "hi" }));
  await until(() => ann.texts().length >= 2, "Ann hears Bob");
  bob.close();
  await until(() => ann.texts().length >= 3, "Ann hears that Bob went");
  const [came, said, went] = ann.texts();
  assert.deepEqual(came, { type: "news", payload: "Bob joined the room" });
  assert.deepEqual({ ...said, timestamp: "" }, { type: "message", user: "Bob", message: "hi", timestamp: "" });
  assert.deepEqual(went, { type: "news", payload: "Bob left the room" });
  ann.close();
});

test("an echo answers text with text", async () => {
  const client = await Client.connect(url("/echo"));
  client.socket.send("not { JSON");
  await until(() => client.texts().length >= 1, "it is answered");
  assert.deepEqual(client.texts(), ["Echo: not { JSON"]);
  client.close();
});
