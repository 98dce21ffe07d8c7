// A login by cookie in real tabs: whose pages may open a socket, and with what.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { App } from "./app.mjs";
import { launch } from "./browser.mjs";

let app;
let browser;
before(async () => {
  app = await App.start({}, "ORCS_LOGIN");
  browser = await launch();
});
after(async () => {
  await browser.close();
  await app.stop();
});

/** A tab of a person's own browser, logged in. */
async function loggedIn(name, context) {
  context ??= await browser.newContext();
  const tab = await context.newPage();
  await tab.goto(app.url);
  await tab.fill("#name", name);
  await tab.click("#login button");
  await shows(tab, `welcome: ${name}`);
  return tab;
}

const shows = (tab, line) => tab.waitForSelector(`#log li:text-is(${JSON.stringify(line)})`);

/** How a socket ends, or what it was told first, when a page of this tab opens it. */
const opened = (tab, url, protocols) => tab.evaluate(([url, protocols]) => new Promise((resolve) => {
  const socket = new WebSocket(url, protocols);
  socket.onmessage = ({ data }) => resolve({ protocol: socket.protocol, data });
  socket.onclose = ({ code, reason }) => resolve({ code, reason });
}), [url, protocols]);

const fetched = (tab) => tab.evaluate(async () => (await (await fetch("/_orcs/csrf")).json()).token);

test("two people log in and talk", async () => {
  const ann = await loggedIn("Ann");
  const bob = await loggedIn("Bob");
  await ann.fill("#text", "hi, Bob");
  await ann.click("#say button");
  await shows(bob, "Ann: hi, Bob");
  await shows(ann, "Ann: hi, Bob");
});

test("a logout closes all of a person's tabs, and nobody else's", async () => {
  const context = await browser.newContext();
  const [home, work] = [await loggedIn("Cleo", context), await loggedIn("Cleo", context)];
  const other = await loggedIn("Dan");
  await home.click("#logout");
  await shows(home, "closed: 4401 logged out");
  await shows(work, "closed: 4401 logged out");
  await other.fill("#text", "still here");
  await other.click("#say button");
  await shows(other, "Dan: still here");
});

test("a socket takes a token that a page of ours fetched, once, and picks its protocol", async () => {
  const tab = await loggedIn("Eve");
  const url = `ws://${app.host}/ws/room`;
  assert.deepEqual(await opened(tab, url, []), { code: 4002, reason: "Missing token" });
  for (const prefix of ["orcs-token-", "candy-token-", "odac-token-"]) {
    const offer = prefix + await fetched(tab);
    assert.equal((await opened(tab, url, offer)).protocol, offer);
    assert.deepEqual(await opened(tab, url, offer), { code: 4002, reason: "Invalid token" });
  }
});

test("a page of another site opens no socket, although the browser sends the cookie", async () => {
  const context = await browser.newContext();
  await loggedIn("Fay", context);
  const evil = await context.newPage();
  // The other loopback name is another host, and still the same site's machine.
  await evil.goto(`http://127.0.0.1:${app.port}/nothing-here`);
  assert.equal((await opened(evil, `ws://${app.host}/ws/room`, [])).code, 1006);
  await evil.goto("about:blank");
  assert.equal((await opened(evil, `ws://${app.host}/ws/room`, [])).code, 1006, "null");
});
