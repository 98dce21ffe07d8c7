// Option 2: Authorization header (if supported by client)
const ws = new WebSocket("ws://localhost:42069/ws/private", {
  headers: {
    Authorization: "Bearer YOUR_JWT_TOKEN",
  },
});
