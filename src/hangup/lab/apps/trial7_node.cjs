// Later everyday servers on Node's ws: `node trial7_node.cjs PORT NAME`.
'use strict';

const crypto = require('node:crypto');
const http = require('node:http');
const { createRequire } = require('node:module');
const path = require('node:path');

const modules = process.env.HANGUP_NODE_MODULES;
const { WebSocketServer } = (modules ? createRequire(path.join(modules, 'x')) : require)('ws');

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const [port, chosen] = process.argv.slice(2);
const server = http.createServer((request, response) => {
  const found = request.url === '/';
  response.writeHead(found ? 200 : 404, { 'content-type': 'text/plain' });
  response.end(found ? 'the editor\n' : 'Cannot GET ' + request.url + '\n');
});
const serve = (options) => new WebSocketServer({ server, path: '/ws', ...options });
const echo = (socket) => {
  socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
  socket.on('error', () => {});
};
const refuse = (socket, status) => socket.end(`HTTP/1.1 ${status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);

const servers = {
  // A lobby hands players to the table some time after they came, and only the table listens.
  lobby() {
    serve().on('connection', (socket) => {
      socket.on('error', () => {});
      setTimeout(() => echo(socket), 800);
    });
  },
  // Has room for two connections, and drops whatever more comes.
  two() {
    serve().on('connection', echo);
    server.maxConnections = 2;
  },
  // Keeps so much of each connection that the fifth is one too many, and the kernel ends it.
  leaks() {
    let kept = 0;
    serve().on('connection', (socket) => {
      echo(socket);
      kept += 1;
      if (kept === 5) setTimeout(() => process.kill(process.pid, 'SIGKILL'), 150);
    });
  },
  // Two packages listen for upgrades, and the second asks a database whose path this is.
  twice() {
    serve().on('connection', echo);
    server.on('upgrade', (request, socket) => {
      setTimeout(() => refuse(socket, '404 Not Found'), 60);
    });
  },
  // Computes the accept by hand, and writes the digest in hexadecimal.
  hex() {
    server.on('upgrade', (request, socket) => {
      socket.on('error', () => {});
      if (!request.url.startsWith('/ws')) return refuse(socket, '404 Not Found');
      const key = request.headers['sec-websocket-key'];
      const accept = crypto.createHash('sha1').update(key + GUID).digest('hex');
      socket.write(
        'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
          `Sec-WebSocket-Accept: ${accept}\r\n\r\n`
      );
    });
  },
};

servers[chosen]();
server.listen(Number(port), '127.0.0.1');
