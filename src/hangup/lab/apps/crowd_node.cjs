// Servers on Node's ws that are well with few connections: `node crowd_node.cjs PORT NAME`.
'use strict';

const http = require('node:http');
const { createRequire } = require('node:module');
const path = require('node:path');

const modules = process.env.HANGUP_NODE_MODULES;
const { WebSocketServer } = (modules ? createRequire(path.join(modules, 'x')) : require)('ws');

const [port, name] = process.argv.slice(2);
const server = http.createServer((request, response) => {
  response.writeHead(request.url === '/' ? 200 : 404, { 'content-type': 'text/plain' });
  response.end(request.url === '/' ? 'ok\n' : 'not found\n');
});

const behaviours = {
  // Node accepts and ends at once what comes beyond this number.
  takes_few() {
    server.maxConnections = 24;
  },
  // What each connection holds is too much for the process when there are forty.
  dies_of_many() {
    let open = 0;
    server.on('upgrade', (_, socket) => {
      open += 1;
      socket.on('close', () => (open -= 1));
      if (open === 40) process.abort();
    });
  },
};

behaviours[name]();
new WebSocketServer({ server, path: '/ws' }).on('connection', (socket) => {
  socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
});
server.listen(Number(port), '127.0.0.1');
