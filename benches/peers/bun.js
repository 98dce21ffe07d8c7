// What both of Bun's apps share: one process, no compression, no idle limits.
export function serve({ data, open, message, close }) {
  let server;
  server = Bun.serve({
    hostname: process.env.HOST ?? "127.0.0.1",
    port: Number(process.env.PORT),
    reusePort: false,
    fetch(request, server) {
      const path = new URL(request.url).pathname;
      const upgraded = server.upgrade(request, { data: { raw: path === "/raw", ...data() } });
      if (!upgraded) return new Response("a WebSocket is expected", { status: 400 });
    },
    websocket: {
      perMessageDeflate: false,
      idleTimeout: 0,
      sendPings: false,
      backpressureLimit: 16 * 1024 * 1024,
      maxPayloadLength: 16 * 1024 * 1024,
      open,
      message: (ws, text) => message(ws, text, server),
      close,
    },
  });
  console.log("listening");
}

export function raw(ws, text) {
  ws.send(text);
}
