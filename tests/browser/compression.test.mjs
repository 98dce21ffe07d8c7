// Compressed messages (RFC 7692) between the showcase, Chromium and the `ws` package: two
// implementations of others.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { App, until } from "./app.mjs";
import { launch } from "./browser.mjs";
import { Client } from "./client.mjs";

let app;
let browser;
before(async () => {
  app = await App.start({ WS_COMPRESSION: "true", WS_COMPRESSION_THRESHOLD: "100" });
  browser = await launch();
});
after(async () => {
  await browser.close();
  await app.stop();
});

const ALONE = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";
const TEXTS = ["short", "grüße an alle, ".repeat(20), "😀 and so on, ".repeat(10_000)];

/** What the socket reads and writes from now on, in bytes. */
function counted({ socket: { _socket } }) {
  const [read, written] = [_socket.bytesRead, _socket.bytesWritten];
  return () => ({ read: _socket.bytesRead - read, written: _socket.bytesWritten - written });
}

for (const [name, perMessageDeflate] of [
  ["as it comes", { threshold: 0 }],
  ["with a small window", { threshold: 0, serverMaxWindowBits: 9 }],
  ["with a small window of its own", { threshold: 0, clientMaxWindowBits: 9 }],
  ["without compression", false],
]) {
  test(`the ws package ${name} and a plain client understand each other`, async () => {
    const url = `ws://${app.host}/ws/chat`;
    const ann = await Client.connect(url, { perMessageDeflate });
    const bob = await Client.connect(url, { perMessageDeflate: false });
    assert.equal(ann.socket.extensions, perMessageDeflate ? "permessage-deflate" : "");
    assert.equal(bob.socket.extensions, "");
    await ann.next("welcome");
    await ann.next("user-joined");
    await bob.next("welcome");
    for (const text of TEXTS) {
      for (const [from, to] of [[ann, bob], [bob, ann]]) {
        const bytes = counted(ann);
        from.say("message", { text });
        assert.equal((await to.next("message")).text, text);
        // Longer than what fits the small window, it comes as it is.
        const comesDeflated = perMessageDeflate && !(perMessageDeflate.serverMaxWindowBits && text.length > 512);
        if (text.length > 1000 && (from === ann ? perMessageDeflate : comesDeflated)) {
          const { read, written } = bytes();
          assert(read + written < text.length / 50, `${read + written} bytes for ${text.length} characters`);
        }
      }
    }
    ann.close();
    bob.close();
    await until(() => ann.closed && bob.closed, "both leave");
    assert.equal(ann.closed.code, 1005);
  });
}

test("a page in Chromium and a plain client understand each other", async () => {
  const plain = await Client.connect(`ws://${app.host}/ws/chat`, { perMessageDeflate: false });
  await plain.next("welcome");
  const page = await browser.newPage();
  await page.goto(`${app.url}healthz`);
  await page.evaluate((url) => new Promise((resolve, reject) => {
    window.heard = [];
    window.ws = new WebSocket(url);
    ws.onmessage = ({ data }) => heard.push(JSON.parse(data));
    ws.onopen = resolve;
    ws.onerror = reject;
  }), `ws://${app.host}/ws/chat`);
  assert.equal(await page.evaluate("ws.extensions"), ALONE);
  await plain.next("user-joined");
  for (const text of TEXTS) {
    await page.evaluate((payload) => ws.send(JSON.stringify({ event: "message", payload })), { text });
    assert.equal((await plain.next("message")).text, text);
    plain.say("message", { text });
    await page.waitForFunction((text) => heard.at(-1)?.payload.text === text, text);
  }
  await page.close();
  plain.close();
});
