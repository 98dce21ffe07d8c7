// Send custom events
ws.send(JSON.stringify({
  type: 'join-room',
  room: 'general'
}));

ws.send(JSON.stringify({
  type: 'message',
  content: 'Hello!'
}));
