// Further everyday servers on Node's ws: `node trial6_node.cjs PORT NAME`.
'use strict';

const { execSync } = require('node:child_process');
const crypto = require('node:crypto');
const http = require('node:http');
const { createRequire } = require('node:module');
const path = require('node:path');

const modules = process.env.HANGUP_NODE_MODULES;
const { WebSocket, WebSocketServer } = (modules ? createRequire(path.join(modules, 'x')) : require)('ws');

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const [port, chosen] = process.argv.slice(2);
const server = http.createServer((request, response) => {
  const found = request.url === '/healthz';
  response.writeHead(found ? 200 : 404, { 'content-type': 'text/plain' });
  response.end(found ? 'ok\n' : 'not found\n');
});
const serve = (options) => new WebSocketServer({ server, path: '/ws', ...options });
const echo = (socket) => {
  socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
  socket.on('error', () => {});
};
const refuse = (socket, status, body) =>
  socket.end(
    `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nConnection: close\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
  );

const servers = {
  // Passes messages on to a second server as soon as the connection to that is open.
  relay() {
    const inner = http.createServer();
    const sockets = new WebSocketServer({ noServer: true });
    inner.on('upgrade', (request, socket, head) => {
      setTimeout(() => sockets.handleUpgrade(request, socket, head, echo), 400);
    });
    inner.listen(0, '127.0.0.1', () => {
      serve().on('connection', (socket) => {
        const upstream = new WebSocket(`ws://127.0.0.1:${inner.address().port}/`);
        socket.on('message', (data, isBinary) => {
          if (upstream.readyState === WebSocket.OPEN) upstream.send(data, { binary: isBinary });
        });
        upstream.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
        upstream.on('error', () => {});
        socket.on('error', () => {});
        socket.on('close', () => upstream.terminate());
      });
    });
  },
  // Wants its database before it says yes, and nobody listens there.
  'no-database'() {
    server.on('upgrade', (request, socket) => {
      if (!request.url.startsWith('/ws')) return refuse(socket, '404 Not Found', '{"error":"not found"}');
      const database = require('node:net').connect(1, '127.0.0.1');
      database.on('error', (error) =>
        refuse(socket, '503 Service Unavailable', JSON.stringify({ error: `database: ${error.message}` }))
      );
    });
  },
  // A client that comes again takes its session over, as brokers do it.
  takeover() {
    const sessions = new Map();
    serve().on('connection', (socket, request) => {
      const id = new URL(request.url, 'http://localhost').searchParams.get('client');
      sessions.get(id)?.terminate();
      sessions.set(id, socket);
      echo(socket);
    });
  },
  // Takes a message whose id it has seen for a repetition.
  repeats() {
    serve().on('connection', (socket) => {
      const seen = new Set();
      socket.on('error', () => {});
      socket.on('message', (data) => {
        const call = JSON.parse(data);
        if (seen.has(call.id)) return;
        seen.add(call.id);
        const result = call.op === 'ping' ? 'pong' : ['book', 'pen'];
        socket.send(JSON.stringify({ id: call.id, op: call.op, result }));
      });
    });
  },
  // Waits for another program, and everyone waits with it.
  thumbnails() {
    serve().on('connection', (socket) => {
      socket.on('error', () => {});
      socket.on('message', (data) => {
        execSync('sleep 9');
        socket.send(JSON.stringify({ made: JSON.parse(data).thumbnail }));
      });
    });
  },
  // The heartbeat of Engine.IO 4: "2" must be answered by "3".
  engine() {
    serve().on('connection', (socket) => {
      let due;
      socket.on('error', () => {});
      const ping = () => {
        socket.send('2');
        due = setTimeout(() => socket.close(), 1000);
      };
      socket.send('0{"sid":"q7Yk0","upgrades":[],"pingInterval":1000,"pingTimeout":1000}');
      setTimeout(ping, 1000);
      socket.on('message', (data) => {
        if (data.toString() !== '3') return;
        clearTimeout(due);
        setTimeout(ping, 1000);
      });
      socket.on('close', () => clearTimeout(due));
    });
  },
  // Speaks the newer of GraphQL's two protocols, whose names are easily confused.
  graphql() {
    const handleProtocols = (offered) => (offered.has('graphql-transport-ws') ? 'graphql-transport-ws' : false);
    serve({ handleProtocols }).on('connection', (socket) => {
      socket.on('error', () => {});
      if (!socket.protocol) return socket.close(4406, 'Subprotocol not acceptable');
      socket.on('message', (data) => {
        if (JSON.parse(data).type === 'connection_init') socket.send('{"type":"connection_ack"}');
      });
    });
  },
  // Writes the answer to the upgrade by hand, and forgets its last line.
  'by-hand'() {
    server.on('upgrade', (request, socket) => {
      const key = request.headers['sec-websocket-key'];
      const accept = crypto.createHash('sha1').update(key + GUID).digest('base64');
      socket.on('error', () => {});
      socket.write(
        'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
          `Sec-WebSocket-Accept: ${accept}\r\n`
      );
    });
  },
  // Compares origins letter by letter; what it refuses gets 401, as ws does it.
  origins() {
    const verifyClient = ({ origin }) => !origin || origin === 'https://shop.example.org';
    serve({ verifyClient }).on('connection', echo);
  },
  // Answers in bytes what is asked in text.
  bytes() {
    serve().on('connection', (socket) => {
      socket.on('error', () => {});
      socket.on('message', (data) => {
        const head = Buffer.from([0, 255, 7, 128]);
        socket.send(Buffer.concat([head, Buffer.from(`image of ${data}`)]), { binary: true });
      });
    });
  },
};

servers[chosen]();
server.listen(Number(port), '127.0.0.1');
