// Socket.IO on Node, over its WebSocket transport only.
import { createServer } from "node:http";
import { Server } from "socket.io";

const server = createServer();
const io = new Server(server, {
  transports: ["websocket"],
  perMessageDeflate: false,
  httpCompression: false,
  maxHttpBufferSize: 16 * 1024 * 1024,
  serveClient: false,
});

io.on("connection", (socket) => {
  socket.on("join", ({ room }) => {
    socket.join(room);
    socket.emit("joined", { room });
  });
  socket.on("message", ({ room, text }) => {
    if (room === undefined) socket.emit("message", { text });
    else io.to(room).emit("message", { room, text });
  });
  socket.on("block", (milliseconds) => {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
  });
});

const host = process.env.HOST ?? "127.0.0.1";
server.listen(Number(process.env.PORT), host, 4096, () => console.log("listening"));
