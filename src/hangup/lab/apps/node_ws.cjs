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
  close_after_accept(socket) {
    socket.close(4401, 'not allowed');
  },
  crash_before_accept() {},
};

const [port, behaviour] = process.argv.slice(2);
const server = http.createServer((request, response) => {
  response.writeHead(request.url === '/' ? 200 : 404, { 'content-type': 'text/plain' });
  response.end(request.url === '/' ? 'ok\n' : 'not found\n');
});
const options = { server, path: '/ws' };
if (behaviour === 'crash_before_accept') {
  options.verifyClient = () => {
    throw new Error('before accept');
  };
}
if (process.env.HANGUP_LAB_MOST_BYTES) {
  options.maxPayload = Number(process.env.HANGUP_LAB_MOST_BYTES);
}
new WebSocketServer(options).on('connection', behaviours[behaviour]);
server.listen(Number(port), '127.0.0.1');
