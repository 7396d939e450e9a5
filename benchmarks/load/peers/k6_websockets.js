// The same as k6_ws.js, with the module that has an event loop of its own.
import { WebSocket } from 'k6/experimental/websockets';

const connections = Number(__ENV.CONNECTIONS);
const text = '.'.repeat(64);

export const options = {
  scenarios: {
    echo: { executor: 'per-vu-iterations', vus: connections, iterations: 1, maxDuration: '120s' },
  },
};

export default function () {
  let left = Number(__ENV.ECHOES);
  const socket = new WebSocket(__ENV.URL);
  socket.onopen = () => socket.send(text);
  socket.onmessage = (event) => {
    if (event.data !== text) throw new Error('the echo differs');
    if (--left > 0) socket.send(text);
    else socket.close(1000);
  };
  socket.onerror = (error) => { throw new Error(error.error); };
}
