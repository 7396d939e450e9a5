// A reverse proxy as people write it by hand on Node: `node trial6_hops.cjs PORT UPSTREAM`.
'use strict';

const http = require('node:http');

const [port, upstream] = process.argv.slice(2);
const onwards = (request) =>
  http.request({
    host: '127.0.0.1',
    port: upstream,
    method: request.method,
    path: request.url,
    headers: request.headers,
  });
const head = (answer) => {
  const lines = [`HTTP/1.1 ${answer.statusCode} ${answer.statusMessage}`];
  for (let at = 0; at < answer.rawHeaders.length; at += 2) {
    lines.push(`${answer.rawHeaders[at]}: ${answer.rawHeaders[at + 1]}`);
  }
  return `${lines.join('\r\n')}\r\n\r\n`;
};

const server = http.createServer((request, response) => {
  const asked = onwards(request);
  asked.on('response', (answer) => {
    response.writeHead(answer.statusCode, answer.headers);
    answer.pipe(response);
  });
  asked.on('error', () => {
    response.writeHead(502);
    response.end();
  });
  request.pipe(asked);
});

server.on('upgrade', (request, client) => {
  const asked = onwards(request);
  client.on('error', () => {});
  asked.on('error', () => client.destroy());
  asked.on('response', (answer) => {
    client.write(head(answer));
    answer.pipe(client);
  });
  // Node gives what came behind the 101 as a third argument, which is easily overlooked.
  asked.on('upgrade', (answer, back) => {
    back.on('error', () => client.destroy());
    client.write(head(answer));
    back.pipe(client);
    client.pipe(back);
  });
  asked.end();
});

server.listen(Number(port), '127.0.0.1');
