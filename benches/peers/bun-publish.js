// Bun's native topics: ws.subscribe and server.publish.
import { raw, serve } from "./bun.js";

const handlers = new Map();

handlers.set("join", (ws, { room }) => {
  ws.subscribe(room);
  ws.send(JSON.stringify({ event: "joined", payload: { room } }));
});

handlers.set("message", (ws, { room, text }, server) => {
  if (room === undefined) {
    ws.send(JSON.stringify({ event: "message", payload: { text } }));
  } else {
    server.publish(room, JSON.stringify({ event: "message", payload: { room, text } }));
  }
});

handlers.set("block", (_, milliseconds) => Bun.sleepSync(milliseconds));

serve({
  data: () => ({ clientId: crypto.randomUUID() }),
  open() {},
  message(ws, text, server) {
    if (ws.data.raw) return raw(ws, text);
    const { event, payload } = JSON.parse(text);
    handlers.get(event)?.(ws, payload, server);
  },
  close() {},
});
