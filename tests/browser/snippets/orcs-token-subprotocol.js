// Option 3: Subprotocol
const ws = new WebSocket("ws://localhost:42069/ws/private", [
  "token",
  "YOUR_JWT_TOKEN",
]);
