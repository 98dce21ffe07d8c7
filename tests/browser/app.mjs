// The showcase as its users run it: a process of its own, on a port of loopback.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHmac, randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const PATIENCE_MS = 10_000;

/** A running showcase; stopped and started again, it keeps its port and its secret. */
export class App {
  #secret = randomBytes(32).toString("hex");
  #process;
  #settings = {};
  #program;
  #folder;

  /** `settings` are keys of .env; `program` is the variable that names what runs, in `folder`. */
  static async start(settings = {}, program = "ORCS_SHOWCASE", folder = ROOT) {
    const app = new App();
    app.#program = program;
    app.#folder = folder;
    app.#settings = settings;
    app.port = await freePort();
    await app.start();
    return app;
  }

  /** `localhost` and not an address: it is what the docs say, and may be either of two. */
  get host() { return `localhost:${this.port}`; }
  get url() { return `http://${this.host}/`; }

  async start() {
    const program = process.env[this.#program];
    assert(program, `${this.#program} is not set; \`cargo xtask test --only browser\` builds the program and sets it`);
    // Said in full, so that nobody's .env has a say.
    const settings = {
      HOST: "", PORT: String(this.port), JWT_SECRET: this.#secret, LOG_LEVEL: "warn",
      WS_AUTH_ENABLED: "true", WS_AUTH_REQUIRED: "false", WS_COMPRESSION: "false",
      ...this.#settings,
    };
    this.#process = spawn(program, {
      cwd: this.#folder, env: { ...process.env, ...settings }, stdio: ["ignore", "inherit", "inherit"],
    });
    await once(this.#process, "spawn");
    await until(() => this.#listens(), "the showcase listens");
  }

  /** Ctrl-C, or SIGTERM before a restart: everybody is told, and the process ends well. */
  async stop(signal = "SIGINT") {
    const ended = once(this.#process, "exit");
    this.#process.kill(signal);
    assert.deepEqual(await ended, [0, null], `the showcase ends well after ${signal}`);
  }

  /** A token for the private routes (HS256, RFC 7515). */
  token(claims) {
    const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const exp = Math.floor(Date.now() / 1000) + 60;
    const signed = `${part({ alg: "HS256", typ: "JWT" })}.${part({ exp, ...claims })}`;
    return `${signed}.${createHmac("sha256", this.#secret).update(signed).digest("base64url")}`;
  }

  async #listens() {
    const { exitCode } = this.#process;
    if (exitCode !== null) throw new Error(`the showcase ended with code ${exitCode}`);
    const socket = connect(this.port, "127.0.0.1");
    try {
      await once(socket, "connect");
      return true;
    } catch {
      return false;
    } finally {
      socket.destroy();
    }
  }
}

/** Waits until `check` holds; a promise that it never keeps is named. */
export async function until(check, promise) {
  const deadline = Date.now() + PATIENCE_MS;
  while (!(await check())) {
    assert(Date.now() < deadline, `never came true: ${promise}`);
    await sleep(20);
  }
}

/** Free a moment ago; the system gives the same one to nobody else soon. */
export async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}
