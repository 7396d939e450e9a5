// Each virtual user opens one connection, has ECHOES texts of 64 bytes echoed, one after another,
// and closes with 1000. With this module the iteration blocks in connect().
import ws from 'k6/ws';

const connections = Number(__ENV.CONNECTIONS);
const text = '.'.repeat(64);

export const options = {
  scenarios: {
    echo: { executor: 'per-vu-iterations', vus: connections, iterations: 1, maxDuration: '120s' },
  },
};

export default function () {
  let left = Number(__ENV.ECHOES);
  ws.connect(__ENV.URL, null, (socket) => {
    socket.on('open', () => socket.send(text));
    socket.on('message', (echo) => {
      if (echo !== text) throw new Error('the echo differs');
      if (--left > 0) socket.send(text);
      else socket.close(1000);
    });
    socket.on('error', (error) => { throw new Error(error.error()); });
  });
}
