// Bun with ORCS's own manager: a Map of clients, a Map of rooms, and a loop of ws.send.
import { raw, serve } from "./bun.js";

class WebSocketManager {
  clients = new Map();
  rooms = new Map();
  handlers = new Map();

  on(event, handler) {
    this.handlers.set(event, handler);
  }

  open(ws) {
    this.clients.set(ws.data.clientId, ws);
  }

  message(ws, text) {
    const { event, payload } = JSON.parse(text);
    const handler = this.handlers.get(event);
    if (handler) {
      handler(ws, payload);
    } else {
      this.send(ws, "error", { message: `no handler for ${event}` });
    }
  }

  close(ws) {
    const { clientId, rooms } = ws.data;
    for (const room of rooms) this.leaveRoom(clientId, room);
    this.clients.delete(clientId);
  }

  joinRoom(clientId, room) {
    const ws = this.clients.get(clientId);
    if (!ws) return;
    let members = this.rooms.get(room);
    if (!members) this.rooms.set(room, (members = new Set()));
    members.add(ws);
    ws.data.rooms.add(room);
  }

  leaveRoom(clientId, room) {
    const ws = this.clients.get(clientId);
    const members = this.rooms.get(room);
    if (!ws || !members) return;
    members.delete(ws);
    ws.data.rooms.delete(room);
    if (members.size === 0) this.rooms.delete(room);
  }

  send(ws, event, payload) {
    ws.send(JSON.stringify({ event, payload }));
  }

  broadcastToRoom(room, event, payload) {
    const members = this.rooms.get(room);
    if (!members) return;
    const text = JSON.stringify({ event, payload });
    for (const ws of members) ws.send(text);
  }
}

const manager = new WebSocketManager();

manager.on("join", (ws, { room }) => {
  manager.joinRoom(ws.data.clientId, room);
  manager.send(ws, "joined", { room });
});

manager.on("message", (ws, { room, text }) => {
  if (room === undefined) {
    manager.send(ws, "message", { text });
  } else {
    manager.broadcastToRoom(room, "message", { room, text });
  }
});

manager.on("block", (_, milliseconds) => Bun.sleepSync(milliseconds));

serve({
  data: () => ({ clientId: crypto.randomUUID(), rooms: new Set() }),
  open: (ws) => manager.open(ws),
  message: (ws, text) => (ws.data.raw ? raw(ws, text) : manager.message(ws, text)),
  close: (ws) => manager.close(ws),
});
