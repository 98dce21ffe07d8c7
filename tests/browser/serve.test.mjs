// `orcs serve` and a real browser: a page follows the files it is made of, and tells what
// does not compile.

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { launch } from "./browser.mjs";

const orcs = process.env.ORCS;
assert(orcs, "ORCS is not set; `cargo xtask test --only browser` builds the command and sets it");
const built = dirname(dirname(orcs));
const shelf = join(built, "tmp", "browser");
const app = join(shelf, "myapp");
// Where the command's own tests have built the same dependencies.
const env = { ...process.env, CARGO_TARGET_DIR: join(built, "scaffold") };

let browser;
let serve;
const events = [];
let port;

before(async () => {
  rmSync(app, { recursive: true, force: true });
  mkdirSync(shelf, { recursive: true });
  execFileSync(orcs, ["new", "myapp"], { cwd: shelf, env, stdio: "inherit" });
  serve = spawn(orcs, ["serve", "-p", "0", "--json"], { cwd: app, env, stdio: ["ignore", "pipe", "inherit"] });
  const lines = createInterface(serve.stdout);
  for await (const line of lines) {
    const event = JSON.parse(line);
    assert.notEqual(event.event, "error", line);
    if (event.event === "ready") {
      port = event.port;
      break;
    }
  }
  serve.stdout.resume();
  browser = await launch();
});

after(async () => {
  await browser?.close();
  const ended = once(serve, "exit");
  serve.kill("SIGINT");
  assert.deepEqual(await ended, [0, null], "`orcs serve` ends well after Ctrl-C");
});

test("a page loads again when its file changes", async () => {
  const page = await open();
  const file = join(app, "public", "index.html");
  writeFileSync(file, readFileSync(file, "utf8").replace("<body>", '<body><p id="new">new</p>'));
  await page.waitForSelector("#new");
  await page.close();
});

test("a page tells what does not compile until it is mended", async () => {
  const page = await open();
  const problems = [];
  page.on("pageerror", (error) => problems.push(error.stack));
  const file = join(app, "routes", "websocket.rs");
  const text = readFileSync(file, "utf8");
  appendFileSync(file, "\nfn broken() { rom() }\n");
  const bar = page.locator("#orcs-error");
  await bar.waitFor();
  assert.match(await bar.textContent(), /^routes\/websocket\.rs:\d+:15 cannot find function `rom`/);
  // Who comes meanwhile is told as well.
  const late = await open();
  await late.locator("#orcs-error").waitFor();
  writeFileSync(file, text);
  await bar.waitFor({ state: "detached" });
  assert.deepEqual(problems, []);
  await page.close();
  await late.close();
});

/** A tab that hears: what happens before its stream is open is not told to it. */
async function open() {
  const page = await browser.newPage();
  const listens = page.waitForResponse((response) => response.url().endsWith("/_orcs/reload"));
  await page.goto(`http://localhost:${port}/`);
  await listens;
  return page;
}
