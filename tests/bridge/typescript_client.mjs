// Runs the client for TypeScript: what its application sees goes to stdout, one line of JSON each;
// the end of stdin closes it. Arguments: the module, `ws`, a URL, the options of a scenario.
import { createRequire } from "node:module";

const [, , module, ws, url, text] = process.argv;
const wanted = JSON.parse(text);
const tokens = wanted.tokens ?? ["t1", "t2", "t3"];
const network = new EventTarget();
let asked = 0;
let says = wanted.says;
let rest = () => undefined;

const tell = (line) => process.stdout.write(JSON.stringify(line) + "\n");
const place = () => client.place && [client.place.epoch, client.place.seq];

if (wanted.page) {
  globalThis.location = { href: url.replace("ws", "http") };
  globalThis.document = Object.assign(new EventTarget(), { visibilityState: "visible" });
}
if (wanted.wakes) {
  globalThis.addEventListener = network.addEventListener.bind(network);
  globalThis.removeEventListener = network.removeEventListener.bind(network);
}

function saw(item) {
  tell(item);
  if (says) client.send(says);
  says = undefined;
}

function wake() {
  if (wanted.wakes === "online") network.dispatchEvent(new Event("online"));
  if (wanted.wakes === "visible") document.dispatchEvent(new Event("visibilitychange"));
}

async function handle(event) {
  saw(event);
  if (wanted.closes_at === event.seq) client.close();
  if (wanted.fails_at === event.seq) throw new Error("a bug of the application");
  if (wanted.rests_at === event.seq) await new Promise((resolve) => (rest = resolve));
}

function changed(state, end) {
  if (wanted.states) tell({ state });
  if (state === "waiting") setTimeout(rest);
  if (state === "waiting") setTimeout(wake);
  if (end && end.reason !== "closed") tell({ gave_up: end.code, ...(end.error && { why: `${end.error}` }) });
}

const { BridgeClient } = await import(module);
const WebSocket = wanted.native ? undefined : createRequire(import.meta.url)(ws).WebSocket;
const client = new BridgeClient(wanted.page ? "/ws" : url, {
  WebSocket,
  token: async () => tokens[asked++],
  tokenIn: wanted.token_in,
  place: wanted.place && { epoch: wanted.place[0], seq: wanted.place[1] },
  fromStart: wanted.from_start,
  ahead: wanted.ahead,
  random: () => wanted.random ?? 0.01,
  onEvent: handle,
  onGap: ({ reason, after, first }) => saw({ gap: [reason, after, first] }),
  onRefused: ({ code, message, about, incident }) => saw({ refused: [code, message, about, incident] }),
  onAnswer: ({ type, data }) => saw({ answer: type, data }),
  onState: changed,
});
if (wanted.says_at_once) {
  try {
    client.send(wanted.says_at_once);
  } catch (error) {
    tell({ unsent: error.name });
  }
}

process.stdin.resume();
process.stdin.on("end", () => {
  client.close();
  tell({ place: place(), asked });
});
