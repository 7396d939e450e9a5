// Everyday servers on Node's ws, most with one fault: `node trial5_node.cjs PORT NAME`.
'use strict';

const { fork } = require('node:child_process');
const http = require('node:http');
const { createRequire } = require('node:module');
const path = require('node:path');

const modules = process.env.HANGUP_NODE_MODULES;
const { WebSocketServer } = (modules ? createRequire(path.join(modules, 'x')) : require)('ws');

const [port, chosen] = process.argv.slice(2);
const server = http.createServer((request, response) => {
  response.writeHead(404, { 'content-type': 'text/plain' });
  response.end('not found\n');
});
const serve = (options) => new WebSocketServer({ server, path: '/ws', ...options });
const echo = (socket) => {
  socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
  socket.on('error', () => {});
};

const servers = {
  // Whatever a listener throws ends the process; what watches it starts it again.
  'watched'() {
    serve().on('connection', (socket) => {
      socket.on('message', (data) => {
        const command = JSON.parse(data);
        if (command.op === 'ping') socket.send('{"op":"pong"}');
        if (command.op === 'price') socket.send(command.item.price.toFixed(2));
      });
    });
  },
  // Names come from a database of another age, as bytes.
  'old-names'() {
    serve().on('connection', (socket) => {
      socket.on('message', () => socket.send(Buffer.from('{"name":"Zoé"}', 'latin1'), { binary: false }));
      socket.on('error', () => {});
    });
  },
  // Pongs were to be sent by hand, and nobody does.
  'pongs-by-hand'() {
    serve({ autoPong: false }).on('connection', echo);
  },
  // The page's error handler is called for a message, and answers as for a page.
  'error-page'() {
    serve().on('connection', (socket, request) => {
      socket.on('error', () => {});
      socket.on('message', (data) => {
        try {
          socket.send(JSON.stringify({ total: JSON.parse(data).items.length }));
        } catch (error) {
          const body = '{"error":"internal"}';
          request.socket.write(
            'HTTP/1.1 500 Internal Server Error\r\nContent-Type: application/json\r\n' +
              `Content-Length: ${body.length}\r\n\r\n${body}`
          );
        }
      });
    });
  },
  'token-in-query'() {
    const sockets = new WebSocketServer({ noServer: true });
    sockets.on('connection', echo);
    server.on('upgrade', (request, socket, head) => {
      const url = new URL(request.url, 'http://localhost');
      const known = url.searchParams.get('token') === 'desk-token';
      if (url.pathname !== '/ws') return socket.end('HTTP/1.1 404 Not Found\r\n\r\n');
      if (!known) return socket.end('HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n');
      sockets.handleUpgrade(request, socket, head, (ws) => sockets.emit('connection', ws, request));
    });
  },
  report() {
    const rows = Array.from({ length: 9000 }, (_, row) => ({ row, open: row % 7, name: `item ${row}` }));
    serve({ perMessageDeflate: { threshold: 1024 } }).on('connection', (socket) => {
      socket.on('message', () => socket.send(JSON.stringify({ rows, total: rows.length })));
      socket.on('error', () => {});
    });
  },
};

if (chosen === 'watched' && !process.send) {
  const start = () => fork(__filename, [port, chosen]).on('exit', () => setTimeout(start, 500));
  start();
} else {
  servers[chosen]();
  server.listen(Number(port), '127.0.0.1');
}
