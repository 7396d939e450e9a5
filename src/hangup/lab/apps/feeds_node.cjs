// Feeds on Node's ws, each with its own way of treating a slow reader: `node feeds_node.cjs PORT NAME`.
'use strict';

const http = require('node:http');
const { createRequire } = require('node:module');
const path = require('node:path');

const modules = process.env.HANGUP_NODE_MODULES;
const { WebSocketServer } = (modules ? createRequire(path.join(modules, 'x')) : require)('ws');

const EVERY_MS = 12;
const FILLING = 'x'.repeat(12000);
const BOUND = 256 * 1024;

const treatments = {
  // Ends a reader for whom too much waits, without a word: a close frame would wait too.
  terminates(socket, text) {
    if (socket.bufferedAmount > BOUND) socket.terminate();
    else socket.send(text);
  },
  // Leaves out what a reader for whom too much waits would get.
  skips(socket, text) {
    if (socket.bufferedAmount <= BOUND) socket.send(text);
  },
  // Lets everything wait.
  keeps(socket, text) {
    socket.send(text);
  },
};

const [port, name] = process.argv.slice(2);
const server = http.createServer((request, response) => {
  response.writeHead(404, { 'content-type': 'text/plain' });
  response.end('not found\n');
});
const sockets = new WebSocketServer({ server, path: '/ws' });
sockets.on('connection', (socket) => socket.on('error', () => {}));
let number = 0;
setInterval(() => {
  number += 1;
  const text = JSON.stringify({ type: 'tick', seq: number, data: FILLING });
  for (const socket of sockets.clients) {
    if (socket.readyState === socket.OPEN) treatments[name](socket, text);
  }
}, EVERY_MS);
server.listen(Number(port), '127.0.0.1');
