// Option 1: Query parameter
const ws = new WebSocket(
  "ws://localhost:42069/ws/private?token=YOUR_JWT_TOKEN",
);
