// The thread that is open, and every run that goes on, whichever thread it belongs to.

import { Run } from "./run.js";

const NEAR = 80; // pixels from the end within which somebody follows what is new

export class Conversation {
  thread = "";
  #log;
  #runs = new Map();
  #asked = [];
  #changed;

  /** `changed` is called after whatever was shown. */
  constructor(log, changed) {
    this.#log = log;
    this.#changed = changed;
  }

  /** Questions that no server has taken yet, the oldest first. */
  get waiting() {
    return this.#asked;
  }

  /** Those of them that can be said: of several that begin a thread only the first. */
  get ready() {
    const begins = this.#asked.find((run) => !run.thread);
    return this.#asked.filter((run) => run.thread || run === begins);
  }

  /** Runs of this thread that go on. */
  get open() {
    return [...this.#runs.values()].filter((run) => run.open && run.element.isConnected);
  }

  /** Whether no run goes on anywhere, and no question waits: nothing is shown by half. */
  get quiet() {
    return !this.#asked.length && ![...this.#runs.values()].some((run) => run.open);
  }

  /** Show a thread as it is kept, with what is known of its runs that go on. */
  show(thread, messages) {
    this.thread = thread;
    const shown = new Map();
    for (const message of messages) {
      const run = shown.get(message.run) ?? this.#of(message, thread);
      shown.set(message.run, run);
      if (message.role === "agent") run.answered(message);
    }
    const unsent = this.#asked.filter((run) => run.thread === thread);
    this.#log.replaceChildren(...[...shown.values(), ...unsent].map((run) => run.element));
    for (const [id, run] of this.#runs) if (!run.open && !shown.has(id)) this.#runs.delete(id);
    this.#log.scrollTop = this.#log.scrollHeight;
    this.#changed();
  }

  #of({ run: id, text }, thread) {
    const run = this.#runs.get(id) ?? new Run();
    this.#runs.set(id, run);
    run.asks(text);
    run.accepted(id, thread);
    return run;
  }

  /** Put a question into the thread that is open; give those that can be said now. */
  ask(question, request, thread = this.thread) {
    const run = new Run(question, request, thread);
    this.#asked.push(run);
    if (thread === this.thread) this.#follow(() => this.#log.append(run.element), true);
    return this.ready.filter((other) => other === run);
  }

  /** The server has taken a question; give those that can be said now that its thread is known. */
  accepted({ request, run: id, thread }) {
    const run = this.#taken(request, id) ?? this.#runs.get(id);
    if (!run) return [];
    const begins = !run.thread;
    run.accepted(id, thread);
    if (begins && !this.thread && run.element.isConnected) this.thread = thread;
    this.#changed();
    const next = this.#asked.filter((other) => begins && !other.thread);
    for (const other of next) other.thread = thread;
    return next;
  }

  #taken(request, id) {
    const at = this.#asked.findIndex((run) => run.request === request);
    if (at < 0) return undefined;
    const [run] = this.#asked.splice(at, 1);
    const known = this.#runs.get(id);
    if (!known) {
      this.#runs.set(id, run);
      return run;
    }
    known.asks(run.question); // it was heard of before the page knew that this is its question
    run.element.replaceWith(known.element);
    return known;
  }

  /** The server does not take the oldest question. */
  refused(why) {
    const run = this.#asked.shift();
    run?.refused(why);
    this.#changed();
    return run;
  }

  /** Take an event; give its run, which is `unknown` when nothing is known of its question. */
  heard(event) {
    const { request } = event.data;
    if (event.type === "agent_started" && request) this.#taken(request, event.run)?.begins(event.run);
    const run = this.#runs.get(event.run) ?? this.#stranger(event.run);
    let last = false;
    this.#follow(() => (last = run.heard(event)));
    if (last && !run.element.isConnected) this.#runs.delete(event.run);
    this.#changed();
    return { run, last };
  }

  #stranger(id) {
    const run = new Run();
    run.begins(id);
    this.#runs.set(id, run);
    return run;
  }

  /** Forget what was heard: some of it is lost. */
  lost() {
    this.#runs.clear();
  }

  #follow(change, always = false) {
    const log = this.#log;
    const near = always || log.scrollHeight - log.scrollTop - log.clientHeight < NEAR;
    change();
    if (near) log.scrollTop = log.scrollHeight;
  }
}
