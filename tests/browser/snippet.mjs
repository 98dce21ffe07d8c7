// The client code that the seeds' documents show, run as it stands there: only the host, the
// port and the token are the test's. The snippets are in snippets/.

import { readFileSync } from "node:fs";
import { after, before } from "node:test";
import WebSocket from "ws";
import { App } from "./app.mjs";
import { launch } from "./browser.mjs";

/** An example that runs while a file's tests do, and what runs snippets against it. */
export function served(program) {
  let app;
  let browser;
  before(async () => {
    app = await App.start({}, program);
    browser = await launch();
  });
  after(async () => {
    await browser.close();
    await app.stop();
  });
  return {
    url: (path) => `ws://${app.host}${path}`,
    http: (path) => new URL(path, app.url),
    token: (claims) => app.token(claims),
    snippet: (name, token) => snippet(name, app, token),
    run: (place, source) => (place === "node" ? inNode(source) : inPage(source, app, browser)),
  };
}

/** A snippet's source, for a running app. */
export function snippet(name, app, token = "") {
  const source = readFileSync(new URL(`snippets/${name}.js`, import.meta.url), "utf8");
  return source.replace(/localhost:\d+/, app.host).replace(/your[-_]jwt[-_]token/i, token);
}

/** Runs a snippet as a script of node; `lines` is what it logs, `ws` its socket. */
export function inNode(source) {
  globalThis.WebSocket = WebSocket;
  const lines = [];
  const log = { log: (...words) => lines.push(words) };
  const ws = new Function("console", `${source}\nreturn ws;`)(log);
  return {
    ws,
    lines: () => lines,
    isOpen: () => ws.readyState === WebSocket.OPEN,
    // A snippet that goes on from another one, with its socket.
    goOn: (more) => new Function("ws", "console", more)(ws, log),
    leave: () => ws.close(),
  };
}

/** Runs a snippet as a script of a page of the app, where it leaves the same two. */
export async function inPage(source, app, browser) {
  const page = await browser.newPage();
  await page.goto(`${app.url}healthz`);
  await page.addScriptTag({ content: "const lines = []; console.log = (...words) => lines.push(words);" });
  // In one script with the snippet: no event can come before its listener.
  await page.addScriptTag({ content: `${source}\nws.addEventListener("close", ({ code, reason }) => { ws.closed = { code, reason }; });` });
  return {
    page,
    lines: () => page.evaluate("lines"),
    isOpen: () => page.evaluate("ws.readyState === WebSocket.OPEN"),
    goOn: (more) => page.addScriptTag({ content: more }),
    leave: () => page.close(),
  };
}
