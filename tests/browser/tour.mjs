// The README's ten minutes, as somebody types them who has just cloned the repository:
// `cargo xtask tour`. The commands are read from README.md; one that is not known here fails.

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { after, before, test } from "node:test";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { ROOT, freePort } from "./app.mjs";
import { launch } from "./browser.mjs";

const readme = readFileSync(join(ROOT, "README.md"), "utf8");
/** What a README shows in one language, block by block. */
const blocks = (language) => [...readme.matchAll(new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``, "g"))].map(([, text]) => text);
/** The commands of a block, without the remarks behind them. */
const commands = (block) => block.split("\n").map((line) => line.replace(/\s+# .*/, "").trim()).filter(Boolean);

// The same place each time, so that only the first tour builds all crates.
const SHELF = join(process.env.ORCS_TOUR, "shelf");
const TARGET = join(process.env.ORCS_TOUR, "target");
const PATIENCE_MS = 900_000;   // a first build, on a busy machine

let browser, port, serving;
let folder = join(SHELF, "orcs");
const env = () => ({
  ...process.env,
  CARGO_TARGET_DIR: TARGET, CARGO_TERM_COLOR: "never", PORT: String(port),
  // As after `cargo install --path cli`.
  PATH: `${join(TARGET, "debug")}:${process.env.PATH}`,
});

before(async () => {
  clone();
  port = await freePort();
  browser = await launch();
});
after(async () => {
  await serving?.stop();
  await browser?.close();
});
// Nothing of the tour outlives it, however it ends: its own Ctrl-C and a runner that gives up.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.once(signal, async () => {
    await serving?.stop();
    await browser?.close();
    process.exit(1);
  });
}
process.once("exit", () => serving?.kill("SIGKILL"));

/** What a clone would have of the tree as it is now. */
function clone() {
  rmSync(SHELF, { recursive: true, force: true });
  const names = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
  for (const name of execFileSync("git", names, { cwd: ROOT, encoding: "utf8" }).split("\0").filter(Boolean)) {
    const copy = join(folder, name);
    mkdirSync(dirname(copy), { recursive: true });
    // With its age, or cargo would build it again.
    cpSync(join(ROOT, name), copy, { preserveTimestamps: true, verbatimSymlinks: true, recursive: true });
  }
}

/** Runs a command to its end, and gives what it printed and how it ended. */
async function run(command) {
  const child = spawn("sh", ["-c", command], { cwd: folder, env: env(), stdio: ["ignore", "pipe", "pipe"] });
  const printed = [];
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (piece) => printed.push(piece));
  const [code] = await once(child, "close");
  return { code, text: Buffer.concat(printed).toString() };
}

async function succeeds(command) {
  const { code, text } = await run(command);
  assert.equal(code, 0, `\`${command}\` fails:\n${text}`);
  return text;
}

/** A command that runs until Ctrl-C. */
class Serving {
  #child;
  #printed = "";

  static async start(command) {
    await serving?.stop();   // that of a test that has failed
    serving = new Serving();
    // A group of its own, to which a terminal's Ctrl-C goes.
    serving.#child = spawn("sh", ["-c", command], { cwd: folder, env: env(), detached: true, stdio: ["ignore", "pipe", "pipe"] });
    const started = serving;
    for (const stream of [started.#child.stdout, started.#child.stderr]) {
      stream.on("data", (piece) => { started.#printed += piece; });
    }
    await becomes(() => started.answers(), () => `\`${command}\` serves:\n${started.#printed}`);
  }

  async answers() {
    const { exitCode, signalCode } = this.#child;
    assert(exitCode === null && signalCode === null, `it ended:\n${this.#printed}`);
    return fetch(`http://localhost:${port}/`).then((answer) => answer.ok, () => false);
  }

  kill(signal) {
    try { process.kill(-this.#child.pid, signal); } catch { /* it has ended */ }
  }

  async prints(line) {
    await becomes(() => line.test(this.#printed), () => `it prints ${line}:\n${this.#printed}`);
  }

  async stop() {
    serving = undefined;
    const { exitCode, signalCode } = this.#child;
    if (exitCode !== null || signalCode !== null) return;
    const ended = once(this.#child, "close");
    this.kill("SIGINT");
    await ended;
  }
}

async function becomes(check, promise) {
  const deadline = Date.now() + PATIENCE_MS;
  while (!(await check())) {
    assert(Date.now() < deadline, `never came true: ${promise()}`);
    await sleep(50);
  }
}

/** A tab with the chat, and what went wrong in it. */
async function open() {
  const page = await (await browser.newContext()).newPage();
  page.problems = [];
  page.on("pageerror", (error) => page.problems.push(error.stack));
  await page.goto(`http://localhost:${port}/`);
  await becomes(async () => (await state(page)) === "online", () => "the tab is online");
  return page;
}

const state = (page) => page.getByTestId("state").textContent();

/** Writes into the chat, which answers once the server has it. */
async function says(page, text) {
  await page.getByTestId("composer").fill(text);
  await page.getByTestId("composer").press("Enter");
  const own = page.getByTestId("message");
  await becomes(async () => (await own.allTextContents()).includes(text), () => `the tab shows ${text}`);
}

async function twoTabsChat(text) {
  const [ann, bob] = [await open(), await open()];
  await ann.getByTestId("composer").fill(text);
  await ann.getByTestId("composer").press("Enter");
  const heard = bob.locator("[data-testid=message][data-from=other]");
  await becomes(async () => (await heard.allTextContents()).includes(text), () => "the other tab reads it");
  assert.deepEqual([...ann.problems, ...bob.problems], []);
  for (const context of browser.contexts()) await context.close();
}

/** An edit that does not compile, and one that mends it: who chats stays in the chat. */
async function followsEdits() {
  const page = await open();
  let sockets = 1;
  page.on("websocket", () => { sockets += 1; });
  await says(page, "before the edit");

  const file = join(folder, "routes/websocket.rs");
  const good = readFileSync(file, "utf8");
  assert(good.includes(GREETING), `${file} greets with ${GREETING}`);
  writeFileSync(file, `${good}\nfn broken() { rom() }\n`);
  await serving.prints(/ x routes\/websocket\.rs:\d+:15 cannot find function `rom`.* - still serving the last good build\n/);
  const bar = page.locator("#orcs-error");
  await becomes(() => bar.isVisible(), () => "the page shows what does not compile");
  assert.equal(sockets, 1, "nobody was sent away for an error");
  await says(page, "during the error");

  writeFileSync(file, good.replace(GREETING, "Welcome after the edit!"));
  await serving.prints(/ ~ routes\/websocket\.rs  mended  build \S+  swap \S+\n/);
  await becomes(async () => sockets > 1 && (await state(page)) === "online", () => "the tab has come back");
  await becomes(async () => !(await bar.isVisible()), () => "the page shows no error any more");
  assert.match(await greeting(page), /Welcome after the edit!/);
  await says(page, "after the edit");
  const texts = await page.getByTestId("message").allTextContents();
  assert.deepEqual(texts.slice(-3), ["before the edit", "during the error", "after the edit"]);
  assert.deepEqual(page.problems, []);
  await page.context().close();
  writeFileSync(file, good);
}

/** The first thing that a new client of the chat hears. */
function greeting(page) {
  return page.evaluate((url) => new Promise((resolve, reject) => {
    const socket = new WebSocket(url);
    socket.onerror = () => reject(new Error(`cannot open ${url}`));
    socket.onmessage = ({ data }) => { socket.close(); resolve(data); };
  }), `ws://localhost:${port}/ws/chat`);
}

const GREETING = "Welcome to chat!";

const SERVES = /^(cargo orcs serve|orcs serve|cargo run)$/;

for (const [at, block] of blocks("sh").entries()) {
  for (const command of commands(block)) {
    test(`README, block ${at + 1}: ${command}`, async () => {
      if (SERVES.test(command)) {
        await Serving.start(command);
        await twoTabsChat(`hello from ${command}`);
        if (command === "orcs serve") await followsEdits();
        await serving.stop();
      } else if (command.startsWith("cd ")) {
        folder = resolve(folder, command.slice(3));
      } else if (command !== "cargo xtask test") {   // this is a part of it
        await succeeds(command);
      }
    });
  }
}

test("the README's route goes where it says, and answers its page's script", async () => {
  const [game] = blocks("rust");
  assert.match(game, /pub fn game\(\) -> Route/);
  writeFileSync(join(folder, "routes/game.rs"), game);
  const list = join(folder, "routes/mod.rs");
  const routes = readFileSync(list, "utf8");
  writeFileSync(list, routes
    .replace("pub mod http;", "pub mod game;\npub mod http;")
    .replace("Routes::new()\n", "Routes::new()\n        .add(game::game())\n"));

  await Serving.start("cargo run");
  const page = await open();
  const heard = [];
  page.on("console", (message) => heard.push(message.text()));
  const [script] = blocks("js");
  const answer = script.match(/^\/\/ (\{.*\})$/m)[1];
  await page.evaluate(script.replaceAll("42069", String(port)));
  await becomes(() => heard.includes(answer), () => `the console says ${answer}, not ${heard}`);
  await page.context().close();
  await serving.stop();
});

test("a mistake is told with its file and line, and mended", async () => {
  const file = join(folder, "routes/game.rs");
  const good = readFileSync(file, "utf8");
  writeFileSync(file, good.replace(`client.join("lobby")`, "client.join(lobby)"));
  const { code, text } = await run("cargo build");
  assert.notEqual(code, 0);
  const line = good.split("\n").findIndex((line) => line.includes(`client.join("lobby")`)) + 1;
  assert.match(text, /cannot find value `lobby`/);
  assert(text.includes(`routes/game.rs:${line}:`), text);
  writeFileSync(file, good);
  await succeeds("cargo test");
});
