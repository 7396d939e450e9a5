/** The client: one connection after another, and everything on them once. */

import { Acks } from "./acks.js";
import { BEHIND, CLOSED, LOST, PROTOCOL } from "./codes.js";
import { Connection, now, type Listener } from "./connection.js";
import { Line } from "./line.js";
import { Machine } from "./machine.js";
import { complete, type Complete, type Options, type State, type Why } from "./options.js";
import { Pauses, type Again, type Ended } from "./pauses.js";
import { BrokenError } from "./reading.js";
import { SUBPROTOCOL, subprotocolOf } from "./token.js";
import { NotConnectedError, type End, type Item, type Place } from "./words.js";
import { onWake, Wait } from "./wait.js";

/** Bytes that may wait for the network before nothing more is sent. */
const MOST_UNSENT = 1 << 20;

/**
 * Hears a user's events in order and each once, through lost connections and on to other servers.
 *
 * It begins to connect at once, and goes on until `close` or until the server says that it is of no
 * use: then `state` is `ended` and `end` says why.
 */
export class BridgeClient {
  readonly #url: string;
  readonly #options: Complete;
  readonly #machine: Machine;
  readonly #pauses = new Pauses();
  readonly #line: Line;
  readonly #acks = new Acks((place) => this.#acknowledge(place));
  readonly #asleep: () => void;
  #state: State = "connecting";
  #end: End | undefined;
  #place: Place | undefined;
  #connection: Connection | undefined;
  #openedAt = 0;
  #wait: Wait | undefined;
  #room: (() => void) | undefined;
  #token = "";
  #why: Why | undefined = "first";

  /** `url` may be relative to the page. */
  constructor(url: string, options: Options) {
    this.#options = complete(options);
    this.#url = absolute(url);
    this.#place = options.place;
    this.#machine = new Machine(options.place, this.#options.fromStart, (item) =>
      this.#line.push(item),
    );
    this.#line = new Line(
      (item) => this.#hand(item),
      (item) => this.#handled(item),
      (error) => this.#finish({ code: CLOSED, reason: "the application failed", error }),
    );
    this.#asleep = onWake(() => this.#wake());
    void this.#run();
  }

  get state(): State {
    return this.#state;
  }

  /** Why it has ended, when it has. */
  get end(): End | undefined {
    return this.#end;
  }

  /** How far the application has come: what it has handled. */
  get place(): Place | undefined {
    return this.#place;
  }

  /**
   * Send a message of the application, once, on the connection that is open. That it was sent does
   * not mean that it was handled: that is what answers are for.
   *
   * @throws NotConnectedError when it was not sent.
   */
  send(message: object): void {
    const connection = this.#connection;
    if (this.#state !== "open" || !connection?.open || connection.unsent > MOST_UNSENT) {
      throw new NotConnectedError("there is no open connection that takes more");
    }
    connection.send(JSON.stringify(message));
  }

  /** Acknowledge what was handled, and close; nothing more is handed over. */
  close(): void {
    this.#finish({ code: CLOSED, reason: "closed" });
  }

  async #run(): Promise<void> {
    try {
      while (!this.#end) await this.#round();
    } catch (error) {
      this.#finish({ code: CLOSED, reason: "it cannot go on", error });
    }
  }

  async #round(): Promise<void> {
    if (this.#state !== "connecting") this.#become("connecting");
    const ended = await this.#attempt();
    if (this.#end) return;
    const again = this.#pauses.after(ended, this.#options.random());
    if (!again || (again.refresh && typeof this.#options.token === "string")) {
      return this.#finish({ code: ended.code, reason: ended.reason });
    }
    if (again.refresh) this.#why = "refused";
    this.#become("waiting");
    await this.#rest(again);
  }

  async #rest(again: Again): Promise<void> {
    this.#wait = new Wait(again.pause * 1000, again.least * 1000);
    await this.#wait.over;
    this.#wait = undefined;
    if (this.#line.length > this.#options.ahead / 2 && !this.#end) {
      await new Promise<void>((resolve) => (this.#room = resolve));
    }
  }

  async #attempt(): Promise<Ended> {
    try {
      if (this.#why) await this.#renew(this.#why);
    } catch {
      return { code: LOST, reason: "", stayed: 0 };
    }
    return new Promise((resolve, reject) => {
      if (this.#end) return resolve({ code: CLOSED, reason: "", stayed: 0 });
      try {
        this.#connect(resolve);
      } catch (error) {
        reject(error);
      }
    });
  }

  async #renew(why: Why): Promise<void> {
    const { token } = this.#options;
    this.#token = typeof token === "string" ? token : await token(why);
    if (this.#why === why) this.#why = undefined;
  }

  #connect(resolve: (ended: Ended) => void): void {
    const { WebSocket, openTimeout, tokenIn } = this.#options;
    const url = new URL(this.#machine.url(this.#url));
    if (tokenIn === "query") url.searchParams.set("token", this.#token);
    const offered = tokenIn === "subprotocol" ? [SUBPROTOCOL, subprotocolOf(this.#token)] : [];
    const listener: Listener = {
      opened: () => this.#login(),
      heard: (data) => this.#heard(data),
      ended: (...how) => resolve(this.#ended(...how)),
    };
    this.#connection = new Connection(new WebSocket(url.href, offered), listener, openTimeout * 1000);
  }

  #login(): void {
    if (this.#options.tokenIn !== "message") return;
    this.#connection?.send(JSON.stringify({ type: "login", token: this.#token }));
  }

  #ended(code: number, reason: string, ours: boolean): Ended {
    const stayed = this.#machine.welcomed ? (now() - this.#openedAt) / 1000 : 0;
    this.#connection = undefined;
    // What we close with tells the server of its fault; to us it is a connection lost.
    return { code: ours && code !== BEHIND ? LOST : code, reason, stayed };
  }

  #heard(data: unknown): void {
    // Looked at before the message: what an application handles at once waits for nothing.
    if (this.#line.length >= this.#options.ahead) {
      return this.#leave(BEHIND, "the application is behind");
    }
    try {
      if (typeof data !== "string") throw new BrokenError(PROTOCOL, "a binary message");
      this.#heed(this.#machine.hear(data));
    } catch (error) {
      if (!(error instanceof BrokenError)) throw error;
      this.#leave(error.code, error.message);
    }
  }

  #heed(type: string): void {
    if (type === "welcome") this.#welcomed();
    else if (type === "ping") this.#connection?.pong();
    else if (type === "expiring") void this.#refresh();
  }

  #welcomed(): void {
    this.#pauses.welcome();
    if (!this.#place) this.#begin();
    this.#openedAt = now();
    this.#connection?.beat(this.#machine.heartbeat * 1000);
    this.#become("open");
    this.#acks.flush();
  }

  /** Who comes without a place has one from here on, though nothing was handled yet. */
  #begin(): void {
    this.#place = this.#machine.place as Place;
    this.#options.onPlace?.(this.#place);
  }

  async #refresh(): Promise<void> {
    const connection = this.#connection;
    if (typeof this.#options.token === "string") return;
    try {
      await this.#renew("expiring");
    } catch {
      return; // the old one goes on until the server says that it has expired
    }
    connection?.send(JSON.stringify({ type: "refresh", token: this.#token }));
  }

  #hand(item: Item): unknown {
    const { onEvent, onGap, onRefused, onAnswer } = this.#options;
    if (item.kind === "event") return onEvent(item.event);
    if (item.kind === "gap") return onGap(item.gap);
    return item.kind === "refused" ? onRefused?.(item.refused) : onAnswer?.(item.answer);
  }

  #handled(item: Item): void {
    if (item.kind === "event" || item.kind === "gap") {
      this.#place = item.place;
      this.#options.onPlace?.(item.place);
      this.#acks.note(item.place);
    }
    if (this.#line.length <= this.#options.ahead / 2) this.#room?.();
  }

  #acknowledge(place: Place): boolean {
    if (!this.#connection?.open || !this.#machine.welcomed) return false;
    if (place.epoch !== this.#machine.epoch) return false;
    this.#connection.send(JSON.stringify({ type: "ack", seq: place.seq }));
    return true;
  }

  #wake(): void {
    this.#wait?.hurry();
    this.#connection?.check();
  }

  #leave(code: number, reason: string): void {
    this.#acks.flush();
    this.#connection?.close(code, reason);
  }

  #become(state: State): void {
    this.#state = state;
    this.#options.onState?.(state, this.#end);
  }

  #finish(end: End): void {
    if (this.#end) return;
    this.#end = end;
    this.#asleep();
    this.#line.stop();
    this.#leave(CLOSED, "");
    this.#wait?.end();
    this.#room?.();
    this.#become("ended");
  }
}

function absolute(url: string): string {
  const found = new URL(url, globalThis.location?.href);
  found.protocol = found.protocol.replace("http", "ws");
  return found.href;
}
