// Join room
ws.send(JSON.stringify({
  type: 'join-room',
  room: 'general',
  username: 'Alice'
}))

// Send to room
ws.send(JSON.stringify({
  type: 'message',
  room: 'general',
  username: 'Alice',
  text: 'Hello everyone!'
}))
