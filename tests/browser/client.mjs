// A hand-written client: no more than the `ws` package and the envelope of the docs.

import assert from "node:assert/strict";
import WebSocket from "ws";
import { until } from "./app.mjs";

/** A connection that keeps what it hears until a test asks for it. */
export class Client {
  #heard = [];

  static async connect(url, ...options) {
    const client = new Client(new WebSocket(url, ...options));
    await until(() => client.socket.readyState !== WebSocket.CONNECTING, `${url} answers`);
    return client;
  }

  constructor(socket) {
    this.socket = socket;
    socket.on("message", (data) => this.#heard.push(read(String(data))));
    socket.on("close", (code, reason) => { this.closed = { code, reason: String(reason) }; });
    socket.on("error", (error) => { this.error = error; });
  }

  say(event, payload, id) {
    this.socket.send(JSON.stringify({ event, payload, id }));
  }

  /** The payload of the next event, which must be this one. */
  async next(event) {
    await until(() => this.#heard.length > 0 || this.closed, `\`${event}\` arrives`);
    const envelope = this.#heard.shift();
    assert.equal(envelope?.event, event, `instead came ${JSON.stringify(envelope ?? this.closed)}`);
    return envelope.payload;
  }

  /** Asks, and gives the answer: nothing that came before it waits any more. */
  async ask(event, payload) {
    this.say(event, payload, 1);
    await until(() => this.#heard.some(({ id }) => id === 1), `\`${event}\` is answered`);
    const answer = this.#heard.splice(this.#heard.findIndex(({ id }) => id === 1), 1)[0];
    return answer.payload;
  }

  /** All that it has heard and nobody asked for: JSON as such, any other text as it is. */
  texts() {
    return [...this.#heard];
  }

  /** How the connection ended. */
  async ending() {
    await until(() => this.closed, "the connection ends");
    return this.closed;
  }

  close() {
    this.socket.close();
  }
}

function read(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
