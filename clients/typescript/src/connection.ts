/** One WebSocket, from the attempt to open it to its end. */

import { LOST, UNHEARD } from "./codes.js";

/**
 * What is used of a WebSocket; the browser's, Node's and that of `ws` fit.
 *
 * The events are `any`, since each library has types of its own for them.
 */
export interface SocketLike {
  readonly readyState: number;
  readonly bufferedAmount: number;
  onopen: ((event: any) => void) | null;
  onmessage: ((event: any) => void) | null;
  onclose: ((event: any) => void) | null;
  onerror: ((event: any) => void) | null;
  send(data: string): void;
  close(code?: number, reason?: string): void;
}

export type SocketClass = new (url: string, protocols?: string[]) => SocketLike;

export interface Listener {
  opened(): void;
  heard(data: unknown): void;
  /** The connection is over, by `ours` or by itself; nothing more is heard of it. */
  ended(code: number, reason: string, ours: boolean): void;
}

const OPEN = 1;
const PONG = '{"type":"pong"}';

/** Milliseconds on a clock that nobody sets. */
export const now = (): number => performance.now();

/** Watches over one socket: it opens in time, is not silent for too long, and ends once. */
export class Connection {
  readonly #socket: SocketLike;
  readonly #listener: Listener;
  #heartbeat: number;
  #heard = now();
  #said = now();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #over = false;

  /** `openTimeout` is in milliseconds. */
  constructor(socket: SocketLike, listener: Listener, openTimeout: number) {
    this.#socket = socket;
    this.#listener = listener;
    this.#heartbeat = openTimeout / 2;
    socket.onopen = () => {
      this.#heard = now();
      listener.opened();
    };
    socket.onmessage = (event: { data: unknown }) => {
      this.#heard = now();
      listener.heard(event.data);
      this.check();
    };
    socket.onclose = (event: { code?: number; reason?: string }) => {
      this.#end(event.code ?? LOST, event.reason ?? "", false);
    };
    socket.onerror = () => undefined; // a close follows
    this.#watch();
  }

  get open(): boolean {
    return !this.#over && this.#socket.readyState === OPEN;
  }

  /** Bytes that the network has not taken yet. */
  get unsent(): number {
    return this.#socket.bufferedAmount;
  }

  /** Expect something, and say something, within so many milliseconds. */
  beat(heartbeat: number): void {
    this.#heartbeat = heartbeat;
    this.#watch();
  }

  send(text: string): void {
    if (!this.open) return;
    this.#said = now();
    this.#socket.send(text);
  }

  pong(): void {
    this.send(PONG);
  }

  /** Close without waiting for the other side, which may be gone. */
  close(code: number, reason: string): void {
    if (this.#over) return;
    this.#socket.close(code, reason);
    this.#end(code, reason, true);
  }

  /** Look at the clock: timers of a page in the background come late. */
  check(): void {
    if (this.#over) return;
    if (now() - this.#heard > 2 * this.#heartbeat) this.close(UNHEARD, "nothing was heard");
    else if (now() - this.#said > this.#heartbeat / 2) this.pong();
  }

  #watch(): void {
    clearTimeout(this.#timer);
    if (this.#over) return;
    this.#timer = setTimeout(() => {
      this.check();
      this.#watch();
    }, this.#heartbeat / 4);
  }

  #end(code: number, reason: string, ours: boolean): void {
    if (this.#over) return;
    this.#over = true;
    clearTimeout(this.#timer);
    const socket = this.#socket;
    socket.onopen = socket.onmessage = socket.onclose = null;
    this.#listener.ended(code, reason, ours);
  }
}
