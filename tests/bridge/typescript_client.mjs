// Runs the client for TypeScript: what its application sees goes to stdout, one line of JSON each;
// the end of stdin closes it. Arguments: the module, `ws`, a URL, the options of a scenario.
import { createRequire } from "node:module";

const [, , module, ws, url, text] = process.argv;
const { BridgeClient } = await import(module);
const { WebSocket } = createRequire(import.meta.url)(ws);
const wanted = JSON.parse(text);
const tokens = wanted.tokens ?? ["t1", "t2", "t3"];
let asked = 0;
let says = wanted.says;

const tell = (line) => process.stdout.write(JSON.stringify(line) + "\n");

function saw(item) {
  tell(item);
  if (says) client.send(says);
  says = undefined;
}

const client = new BridgeClient(url, {
  WebSocket,
  token: async () => tokens[asked++],
  place: wanted.place && { epoch: wanted.place[0], seq: wanted.place[1] },
  fromStart: wanted.from_start,
  random: () => 0.01,
  onEvent: saw,
  onGap: ({ reason, after, first }) => saw({ gap: [reason, after, first] }),
  onRefused: ({ code, message, about, incident }) => saw({ refused: [code, message, about, incident] }),
  onState: (state, end) => {
    if (end?.error) throw end.error;
    if (state === "ended" && end.reason !== "closed") tell({ gave_up: end.code });
  },
});

process.stdin.resume();
process.stdin.on("end", () => {
  client.close();
  tell({ place: client.place && [client.place.epoch, client.place.seq], asked });
});
