// One question and its answer: what is known of it, and how it is shown.

import { made } from "./dom.js";

const ENDS = { agent_completed: "completed", agent_stopped: "stopped", agent_error: "failed" };

export class Run {
  state = "sending";
  id = "";
  #steps = new Map();
  #told = made("p", { className: "told" });
  #list = made("ul", { className: "steps" });
  #note = made("p", { className: "note" });
  #asked = made("p", { className: "asked" });

  /** `request` names the question, so that it can be said again; a stranger's are not known. */
  constructor(question = "", request = "", thread = "") {
    this.request = request;
    this.thread = thread;
    this.asks(question);
    const [asked, answer] = ["Question", "Answer"].map((h) => made("h2", { className: "unseen" }, h));
    this.element = made("article", {}, asked, this.#asked);
    this.element.append(answer, this.#list, this.#told, this.#note);
    this.#say("Sending…");
  }

  get question() {
    return this.#asked.textContent;
  }

  asks(question) {
    this.#asked.textContent = question;
  }

  get open() {
    return this.state === "answering";
  }

  get text() {
    return this.#told.textContent;
  }

  /** The server has taken the question. */
  accepted(id, thread) {
    this.thread = thread;
    this.begins(id);
  }

  begins(id) {
    this.id = id;
    if (this.state === "sending") this.#become("answering", "The agent has been asked.");
  }

  /** Show what a thread keeps of the answer. */
  answered({ state, text }) {
    this.#told.textContent = text || this.text;
    this.#become(state, { stopped: "Stopped.", failed: "The agent failed." }[state] ?? "");
  }

  refused(why) {
    this.#become("refused", `Not taken: ${why}`);
  }

  /** Take an event of this run; say whether that was the last one. */
  heard({ type, data }) {
    if (!["sending", "answering"].includes(this.state)) return true;
    if (type === "agent_thinking") this.#say(data.note || "Thinking…");
    else if (type === "tool_executing") this.#uses(data);
    else if (type === "tool_completed") this.#used(data);
    else if (type === "partial") this.#pieces(data.text);
    else if (type in ENDS) this.#ended(type, data);
    else if (type !== "agent_started") this.#list.append(made("li", { className: "note" }, type));
    return type in ENDS;
  }

  #uses({ tool, call, arguments: given }) {
    const result = made("pre", {}, "…");
    const summary = made("summary", {}, `Uses ${tool}`);
    const details = made("details", {}, summary, made("pre", {}, readable(given)), result);
    this.#steps.set(call ?? tool, { result, summary });
    this.#list.append(made("li", {}, details));
    this.#say(`Using ${tool}…`);
  }

  #used({ tool, call, result, failed }) {
    const step = this.#steps.get(call ?? tool);
    if (!step) return;
    step.result.textContent = readable(result);
    step.summary.textContent = failed ? `${tool} failed` : `Used ${tool}`;
    step.summary.classList.toggle("wrong", Boolean(failed));
    this.#say("");
  }

  #pieces(text) {
    this.#told.append(text);
    this.#say("");
  }

  #ended(type, data) {
    if (data.answer != null) this.#told.textContent = data.answer;
    const incident = data.incident ? ` (incident ${data.incident})` : "";
    const said = { agent_stopped: "Stopped.", agent_error: `${data.message}${incident}` }[type] ?? "";
    this.#become(ENDS[type], said);
  }

  #become(state, note) {
    this.state = state;
    this.element.dataset.state = state;
    this.#note.classList.toggle("wrong", state === "failed" || state === "refused");
    this.#say(note);
  }

  #say(note) {
    this.#note.textContent = note;
    this.element.setAttribute("aria-busy", String(this.open));
  }
}

function readable(value) {
  return typeof value === "string" ? value : JSON.stringify(value, null, 1);
}
