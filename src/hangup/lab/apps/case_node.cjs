// Public cases on Node's ws: `node case_node.cjs PORT CASE`.
'use strict';

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

const cases = {
  // The message that comes while the session is loaded finds no listener.
  'late-listener'() {
    serve().on('connection', async (socket) => {
      await new Promise((resolve) => setTimeout(resolve, 150));
      echo(socket);
    });
  },
  // Each server handles every upgrade: the one with another path writes its 400 into the stream.
  'two-servers'() {
    serve().on('connection', echo);
    serve({ path: '/other' }).on('connection', echo);
  },
  'small-payload'() {
    serve({ maxPayload: 8192 }).on('connection', echo);
  },
};

cases[chosen]();
server.listen(Number(port), '127.0.0.1');
