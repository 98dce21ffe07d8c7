// The README's ten minutes, as somebody types them who has just cloned the repository:
// `cargo xtask tour`. The commands are read from README.md; one that is not known here fails.

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { dirname, join, resolve } from "node:path";
import { after, before, test } from "node:test";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { ROOT } from "./app.mjs";
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
  serving?.kill("SIGKILL");
  await browser?.close();
});

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
    const serving = new Serving();
    // A group of its own, to which a terminal's Ctrl-C goes.
    serving.#child = spawn("sh", ["-c", command], { cwd: folder, env: env(), detached: true, stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [serving.#child.stdout, serving.#child.stderr]) {
      stream.on("data", (piece) => { serving.#printed += piece; });
    }
    await becomes(() => serving.answers(), () => `\`${command}\` serves:\n${serving.#printed}`);
    return serving;
  }

  async answers() {
    const { exitCode, signalCode } = this.#child;
    assert(exitCode === null && signalCode === null, `it ended:\n${this.#printed}`);
    return fetch(`http://localhost:${port}/`).then((answer) => answer.ok, () => false);
  }

  kill(signal) {
    try { process.kill(-this.#child.pid, signal); } catch { /* it has ended */ }
  }

  async stop() {
    const ended = once(this.#child, "close");
    this.kill("SIGINT");
    await ended;
    serving = undefined;
  }
}

async function becomes(check, promise) {
  const deadline = Date.now() + PATIENCE_MS;
  while (!(await check())) {
    assert(Date.now() < deadline, `never came true: ${promise()}`);
    await sleep(50);
  }
}

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

/** A tab with the chat, and what went wrong in it. */
async function open() {
  const page = await (await browser.newContext()).newPage();
  page.problems = [];
  page.on("pageerror", (error) => page.problems.push(error.stack));
  await page.goto(`http://localhost:${port}/`);
  await becomes(async () => (await page.getByTestId("state").textContent()) === "online", () => "the tab is online");
  return page;
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

const SERVES = /^(cargo orcs serve|orcs serve|cargo run)$/;

for (const [at, block] of blocks("sh").entries()) {
  for (const command of commands(block)) {
    test(`README, block ${at + 1}: ${command}`, async () => {
      if (SERVES.test(command)) {
        serving = await Serving.start(command);
        await twoTabsChat(`hello from ${command}`);
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

  serving = await Serving.start("cargo run");
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
