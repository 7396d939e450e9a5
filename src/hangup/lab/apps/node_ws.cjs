// The lab's behaviours on Node's ws: `node node_ws.cjs PORT BEHAVIOUR`.
'use strict';

const http = require('node:http');
const { createRequire } = require('node:module');
const path = require('node:path');

const modules = process.env.HANGUP_NODE_MODULES;
const { WebSocketServer } = (modules ? createRequire(path.join(modules, 'x')) : require)('ws');

const behaviours = {
  echo(socket) {
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
  },
  // An uncaught exception ends a Node process, and with it every connection that it holds.
  crash_after_accept() {
    throw new Error('after accept');
  },
  crash_on_message(socket) {
    socket.on('message', () => {
      throw new Error('on message');
    });
  },
};

const [port, behaviour] = process.argv.slice(2);
const server = http.createServer((request, response) => {
  response.writeHead(request.url === '/' ? 200 : 404, { 'content-type': 'text/plain' });
  response.end(request.url === '/' ? 'ok\n' : 'not found\n');
});
new WebSocketServer({ server, path: '/ws' }).on('connection', behaviours[behaviour]);
server.listen(Number(port), '127.0.0.1');
