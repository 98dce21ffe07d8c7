const ws = new WebSocket("ws://localhost:42069/ws/chat");

ws.onopen = () => {
  console.log("Connected!");

  // Send a message
  ws.send(
    JSON.stringify({
      event: "message",
      payload: { text: "Hello!" },
    }),
  );
};

ws.onmessage = (event) => {
  const { event: eventName, payload } = JSON.parse(event.data);
  console.log(`Received ${eventName}:`, payload);
};
