// The client that OpenSpeed's page shows, against examples/openspeed.rs.

import assert from "node:assert/strict";
import { test } from "node:test";
import { until } from "./app.mjs";
import { Client } from "./client.mjs";
import { served } from "./snippet.mjs";

const { url, snippet, run } = served("ORCS_OPENSPEED");

for (const place of ["node", "a page"]) {
  test(`the custom events of the page join and talk, in ${place}`, async () => {
    const running = await run(place, snippet("openspeed-connection"));
    await until(running.isOpen, "it opens");
    await running.goOn(snippet("openspeed-events"));
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
