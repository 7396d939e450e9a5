// What a running diagnosis tells, as it comes. The bridge loses nothing, so that this needs no state.

import { BridgeClient } from "./bridge/index.js";

const place = document.getElementById("live");
const steps = document.getElementById("steps");
const leaning = document.getElementById("leaning");
const line = document.getElementById("line");
const rows = new Map();

const HEARD = {
  experiment_started: ({ name, question }) => {
    const row = element("li", "running", element("code", "", name), element("span", "quiet", question));
    rows.set(name, row);
    steps.append(row);
  },
  experiment_ended: ({ name, outcome, elapsed_s }) => {
    const row = rows.get(name);
    if (!row) return;
    row.className = "ended";
    row.append(element("span", "outcome", outcome), element("span", "quiet took", `${elapsed_s.toFixed(2)} s`));
  },
  weighed: ({ cause, confidence }) => {
    const sure = `${Math.floor(confidence * 100)} %`;
    leaning.textContent = cause ? `So far ${cause}, ${sure}` : `So far healthy, ${sure}`;
  },
  remark: ({ says }) => steps.append(element("li", "remark", says)),
  finished: ({ number, says }) => {
    client.close();
    if (number) return location.replace(place.dataset.runs + number);
    leaning.textContent = says;
  },
  agent_error: ({ message }) => {
    leaning.textContent = message;
  },
};
const STATES = { open: "", waiting: "The connection to hangup is lost. Trying again.", ended: "" };

const client = new BridgeClient(place.dataset.socket, {
  token: place.dataset.token,
  fromStart: true,
  onEvent: ({ type, data }) => HEARD[type]?.(data),
  onGap: () => location.reload(),
  onState: (state, end) => {
    line.textContent = end?.reason ?? STATES[state] ?? "";
  },
});

function element(name, kind, ...parts) {
  const made = document.createElement(name);
  if (kind) made.className = kind;
  made.append(...parts);
  return made;
}
