// One user who is signed in: the connection, the threads, and what is said.

import { forget, messages, threads } from "./api.js";
import { BridgeClient, NotConnectedError } from "./bridge/index.js";
import { Conversation } from "./conversation.js";
import { at } from "./dom.js";
import { Threads } from "./threads.js";

const LATER = 2000; // milliseconds after which what the server had no room for is said again
const PASSING = ["unavailable", "busy"];
const STATES = {
  connecting: "Connecting…",
  open: "Connected",
  waiting: "The connection is lost. Trying again…",
};

export class Room {
  #identity;
  #client;
  #left;
  #threads;
  #talk;
  #loading = 0;
  #missed = false;
  #gone = false;

  /** `left` is called with why, when the server does not let this user stay. */
  constructor(identity, left) {
    this.#identity = identity;
    this.#left = left;
    this.#talk = new Conversation(at("talk"), () => this.#changed());
    const open = (thread) => this.open(thread);
    this.#threads = new Threads(at("threads"), open, (...which) => this.#forget(...which));
  }

  /** Show what is kept, and connect; the questions that no server had taken are asked again. */
  async enter() {
    await this.#list();
    await this.open(this.#identity.get("thread") ?? "");
    if (this.#gone) return;
    for (const [text, request, thread] of this.#identity.get("waiting") ?? []) {
      this.#talk.ask(text, request, thread);
    }
    this.#client = new BridgeClient("ws", {
      token: this.#identity.renewable ? (why) => this.#token(why) : this.#identity.token,
      place: this.#identity.get("place"),
      onEvent: (event) => this.#heard(event),
      onAnswer: ({ type, data }) => type === "accepted" && this.#accepted(data),
      onRefused: (refused) => this.#refused(refused),
      onGap: () => this.#lost(),
      onPlace: (place) => this.#talk.quiet && this.#identity.keep("place", place),
      onState: (state, end) => this.#state(state, end),
    });
  }

  /** Leave: close the connection and empty the page. */
  leave() {
    this.#gone = true;
    this.#client?.close();
    this.#talk.show("", []);
    this.#threads.show([], "");
  }

  /** Open a thread; an empty name is a new one. */
  async open(thread) {
    const loading = ++this.#loading;
    const found = thread ? await this.#try(() => messages(this.#identity.token, thread)) : [];
    if (loading !== this.#loading || this.#gone) return; // another one was asked for meanwhile
    this.#missed = found === undefined;
    if (!this.#missed) this.#talk.show(found ? thread : "", found ?? []);
    this.#identity.keep("thread", this.#missed ? thread : this.#talk.thread);
    await this.#list();
  }

  #token(why) {
    return why === "first" ? this.#identity.token : this.#identity.renew();
  }

  step(places) {
    const thread = this.#threads.beside(this.#talk.thread, places);
    if (thread) void this.open(thread);
  }

  ask(text) {
    const name = Array.from(crypto.getRandomValues(new Uint32Array(4)), (n) => n.toString(36));
    for (const run of this.#talk.ask(text, `q-${name.join("")}`)) this.#say(run);
    this.#keepWaiting();
  }

  stop() {
    for (const run of this.#talk.open) this.#send({ type: "stop_agent", run: run.id });
  }

  #say({ question: text, request, thread }) {
    this.#send({ type: "user_message", text, request, ...(thread && { thread }) });
  }

  #send(message) {
    try {
      this.#client?.send(message);
    } catch (error) {
      // A question is said again when the connection is there; to stop has to be asked anew.
      if (!(error instanceof NotConnectedError)) throw error;
    }
  }

  async #heard(event) {
    const { run, last } = this.#talk.heard(event);
    if (last && run.element.isConnected) at("heard").textContent = run.text || run.state;
    if (event.type !== "agent_started") return;
    // Somebody asked in another tab, maybe in this thread.
    if (!run.question) await this.#reload();
  }

  async #accepted(data) {
    for (const run of this.#talk.accepted(data)) this.#say(run);
    this.#keepWaiting();
    this.#identity.keep("thread", this.#talk.thread);
    at("heard").textContent = "The agent has been asked.";
    await this.#list();
  }

  #refused({ code, message, about }) {
    if (about !== "user_message") return;
    if (PASSING.includes(code)) {
      setTimeout(() => this.#askAgain(), LATER);
      return;
    }
    const run = this.#talk.refused(message);
    this.#keepWaiting();
    const { value } = at("question");
    if (run && !value) at("question").value = run.question;
  }

  async #lost() {
    this.#talk.lost();
    await this.#reload();
  }

  async #reload() {
    await this.open(this.#talk.thread);
  }

  async #list() {
    const found = await this.#try(() => threads(this.#identity.token));
    if (found) this.#threads.show(found, this.#talk.thread);
  }

  async #forget(thread, title) {
    if (!confirm(`Delete “${title}”?`)) return;
    await this.#try(() => forget(this.#identity.token, thread));
    await (thread === this.#talk.thread ? this.open("") : this.#list());
  }

  /** Ask over HTTP; what is not there is null, and undefined what could not be asked now. */
  async #try(ask) {
    try {
      return await this.#renewing(ask);
    } catch (error) {
      if (error.status === 401 || error.status === 403) this.#left(error.message);
      return error.status === 404 ? null : undefined;
    }
  }

  /** Ask, and once more when the token has expired meanwhile. */
  async #renewing(ask) {
    try {
      return await ask();
    } catch (error) {
      if (error.status !== 401 || !this.#identity.renewable) throw error;
      await this.#identity.renew();
      return ask();
    }
  }

  #state(state, end) {
    at("state").dataset.state = state;
    at("state").textContent = STATES[state] ?? `Disconnected: ${end.reason || end.code}`;
    if (state === "open") void this.#returned();
    if (state === "ended" && [4401, 4403].includes(end.code)) this.#left(end.reason);
  }

  async #returned() {
    this.#askAgain();
    await (this.#missed ? this.open(this.#identity.get("thread")) : this.#list());
  }

  #askAgain() {
    for (const run of this.#talk.ready) this.#say(run);
  }

  #keepWaiting() {
    const kept = this.#talk.waiting.map((run) => [run.question, run.request, run.thread]);
    this.#identity.keep("waiting", kept);
  }

  #changed() {
    at("stop").disabled = !this.#talk.open.length;
  }
}
