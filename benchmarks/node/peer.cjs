"use strict";
// Socket.IO with connection state recovery: node peer.cjs PORT MODE
//
// MODE `recoverable` sends to the user's room without an acknowledgement, which are the packets that
// recovery keeps; the client says by a message how far it has come. MODE `acknowledged` has every
// event acknowledged by Socket.IO's own callback; recovery does not keep such packets.
const { createServer } = require("node:http");
const { Server } = require("socket.io");

const [port, mode] = process.argv.slice(2);
const http = createServer();
const io = new Server(http, {
  transports: ["websocket"],
  serveClient: false,
  connectionStateRecovery: {},
});
const acked = new Map();
const now = () => Number(process.hrtime.bigint()) / 1e9;

function emit(user, data) {
  if (mode === "recoverable") {
    io.to(user).emit("partial", data);
  } else {
    io.to(user).timeout(60_000).emit("partial", data, (error) => {
      if (!error) acked.set(user, acked.get(user) + 1);
    });
  }
}

async function answer(user, { events, burst, pause, offset, text }) {
  let due = now() + offset;
  for (let n = 1; n <= events; ) {
    if (pause) {
      due += pause;
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - now()) * 1000));
    }
    for (let each = 0; each < burst && n <= events; each += 1, n += 1) {
      emit(user, { n, sent: now(), text });
    }
    if (!pause) await new Promise(setImmediate);
  }
}

io.on("connection", (socket) => {
  const user = socket.handshake.auth.token;
  socket.join(user);
  socket.on("ask", (asked) => {
    acked.set(user, 0);
    answer(user, asked);
  });
  socket.on("ack", (n) => acked.set(user, n));
  socket.on("ping", () => socket.emit("pong", acked.get(user) ?? 0));
});
http.listen(Number(port), "127.0.0.1");
