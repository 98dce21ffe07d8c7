// Node and ws, with a Map of rooms and a loop of socket.send.
import { createServer } from "node:http";
import { WebSocketServer } from "ws";

const rooms = new Map();
const handlers = new Map();

const send = (socket, event, payload) => socket.send(JSON.stringify({ event, payload }));

handlers.set("join", (socket, { room }) => {
  if (!rooms.has(room)) rooms.set(room, new Set());
  rooms.get(room).add(socket);
  socket.rooms.add(room);
  send(socket, "joined", { room });
});

handlers.set("message", (socket, { room, text }) => {
  if (room === undefined) return send(socket, "message", { text });
  const message = JSON.stringify({ event: "message", payload: { room, text } });
  for (const member of rooms.get(room) ?? []) member.send(message);
});

handlers.set("block", (_, milliseconds) => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
});

const server = createServer();
const sockets = new WebSocketServer({
  server,
  perMessageDeflate: false,
  maxPayload: 16 * 1024 * 1024,
  clientTracking: false,
});

sockets.on("connection", (socket, request) => {
  if (request.url === "/raw") {
    socket.on("message", (data) => socket.send(data, { binary: false }));
    return;
  }
  socket.rooms = new Set();
  socket.on("message", (data) => {
    const { event, payload } = JSON.parse(data);
    handlers.get(event)?.(socket, payload);
  });
  socket.on("close", () => {
    for (const room of socket.rooms) rooms.get(room).delete(socket);
  });
});

const host = process.env.HOST ?? "127.0.0.1";
server.listen(Number(process.env.PORT), host, 4096, () => console.log("listening"));
