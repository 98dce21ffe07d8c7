// The clients that universal-api's page shows, against examples/universal_api.rs.

import assert from "node:assert/strict";
import { test } from "node:test";
import { until } from "./app.mjs";
import { Client } from "./client.mjs";
import { served } from "./snippet.mjs";

const { url, token, snippet, run } = served("ORCS_UNIVERSAL_API");

for (const place of ["node", "a page"]) {
  test(`the client of the page connects and hears its own join, in ${place}`, async () => {
    const running = await run(place, snippet("universal-api-connection"));
    await until(async () => (await running.lines()).length >= 3, "the snippet logs three lines");
    assert.deepEqual(await running.lines(), [
      ["Connected!"],
      ["Received:", { type: "welcome", message: "Welcome!" }],
      ["Received:", { type: "join", username: "Alice" }],
    ]);
    await running.leave();
  });

  test(`its room code joins and talks, in ${place}`, async () => {
    const bob = await Client.connect(url("/api/ws/chat"));
    bob.socket.send(JSON.stringify({ type: "join-room", room: "general", username: "Bob" }));
    await until(() => bob.texts().length >= 1, "Bob is welcomed");

    const running = await run(place, snippet("universal-api-connection"));
    await until(async () => (await running.lines()).length >= 3, "the snippet is connected");
    await running.goOn(snippet("universal-api-rooms"));
    await until(async () => (await running.lines()).length >= 4, "the snippet hears itself");
    const said = { type: "chat-message", from: "Alice", text: "Hello everyone!" };
    assert.deepEqual((await running.lines())[3], ["Received:", said]);

    const joined = { type: "user-joined", username: "Alice", room: "general" };
    await until(() => bob.texts().some((text) => text.type === "chat-message"), "Bob hears it too");
    const heard = bob.texts().filter((text) => ["user-joined", "chat-message"].includes(text.type));
    assert.deepEqual(heard, [joined, said]);
    bob.close();
    await running.leave();
  });

  test(`its client with a token is let in, and one with a wrong token hears 4002, in ${place}`, async () => {
    const good = snippet("universal-api-token", token({ sub: "Alice" }));
    const log = "\nws.onmessage = ({ data }) => console.log(JSON.parse(data));";
    const running = await run(place, good + log);
    await until(async () => (await running.lines()).length >= 1, "it is told who it is");
    assert.deepEqual(await running.lines(), [[{ type: "authenticated", user: { sub: "Alice" } }]]);
    await running.leave();

    const bad = snippet("universal-api-token", "your-jwt-token");
    const end = "\nws.onclose = ({ code, reason }) => console.log(code, reason);";
    const refused = await run(place, bad + end);
    await until(async () => (await refused.lines()).length >= 1, "it is refused");
    assert.deepEqual(await refused.lines(), [[4002, "Invalid token"]]);
    await refused.leave();
  });
}

test("without a token it hears 4001", async () => {
  const client = await Client.connect(url("/api/ws/private"));
  assert.deepEqual(await client.ending(), { code: 4001, reason: "No token provided" });
});

test("what is said in a game stays in the game's route", async () => {
  const player = await Client.connect(url("/api/ws/game"));
  const talker = await Client.connect(url("/api/ws/chat"));
  await until(() => player.texts().length >= 1, "the player is in the lobby");
  assert.deepEqual(player.texts()[0], { type: "joined-lobby" });
  player.socket.send(JSON.stringify({ type: "create-game" }));
  await until(() => player.texts().length >= 2, "the game is made");
  const { gameId } = player.texts()[1];
  talker.socket.send(JSON.stringify({ type: "join-room", room: gameId, username: "Eve" }));
  player.socket.send(JSON.stringify({ type: "game-action", gameId, action: "jump" }));
  await until(() => player.texts().length >= 3, "the player sees the move");
  assert.equal(player.texts()[2].type, "game-update");
  talker.socket.send(JSON.stringify({ type: "marker" }));
  await until(() => talker.texts().some((text) => text.type === "marker"), "the talker hears what is said on its route");
  assert(!talker.texts().some((text) => text.type === "game-update"), "but nothing of the game");
  player.close();
  talker.close();
});
