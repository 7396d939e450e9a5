// A feed and an agent on Node's ws: `node events_node.cjs PORT NAME`.
'use strict';

const crypto = require('node:crypto');
const http = require('node:http');
const { createRequire } = require('node:module');
const path = require('node:path');

const modules = process.env.HANGUP_NODE_MODULES;
const { WebSocketServer } = (modules ? createRequire(path.join(modules, 'x')) : require)('ws');

const [port, chosen] = process.argv.slice(2);
const server = http.createServer((request, response) => {
  response.writeHead(request.url === '/' ? 200 : 404, { 'content-type': 'text/plain' });
  response.end(request.url === '/' ? 'ok\n' : 'not found\n');
});
const sockets = new WebSocketServer({ server, path: '/ws' });
const EVERY = 50;
const KEPT = 2;

const servers = {
  // Replays what it still has, which is the latest few events.
  forgets() {
    const log = [];
    const following = new Set();
    let number = 0;
    setInterval(() => {
      number += 1;
      log.push({ sequence: number, mark: crypto.randomBytes(4).toString('hex') });
      if (log.length > KEPT) log.shift();
      for (const socket of following) socket.send(JSON.stringify(log[log.length - 1]));
    }, EVERY);
    sockets.on('connection', (socket) => {
      socket.on('error', () => {});
      socket.on('close', () => following.delete(socket));
      socket.on('message', (data) => {
        const { since } = JSON.parse(data);
        if (since !== undefined) {
          for (const event of log) if (event.sequence > since) socket.send(JSON.stringify(event));
        }
        following.add(socket);
      });
    });
  },
  // Repeats the question and gives the one answer that the stub holds.
  stub() {
    sockets.on('connection', (socket) => {
      socket.on('error', () => {});
      socket.on('message', (data) => {
        const run = crypto.randomUUID();
        const say = (event) => socket.send(JSON.stringify({ run, at: Date.now(), ...event }));
        say({ type: 'question', text: data.toString() });
        say({ type: 'answer', text: 'I have found three documents that may help you.' });
        say({ type: 'end', took_ms: Math.round(Math.random() * 900) });
      });
    });
  },
};

servers[chosen]();
server.listen(Number(port), '127.0.0.1');
