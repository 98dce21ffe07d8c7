// Client-side JavaScript
const ws = new WebSocket('ws://localhost:3000/chat');

ws.onmessage = (event) => {
  const data = JSON.parse(event.data);
  console.log(data);
};
