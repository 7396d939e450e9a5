/** Pauses that end early when there is a reason to. */

import { now } from "./connection.js";

/** One pause; `hurry` leaves of it only what is due, `end` nothing. All times in milliseconds. */
export class Wait {
  readonly over: Promise<void>;
  readonly #begun = now();
  readonly #least: number;
  #resolve!: () => void;
  #timer: ReturnType<typeof setTimeout>;

  constructor(pause: number, least: number) {
    this.#least = least;
    this.over = new Promise((resolve) => (this.#resolve = resolve));
    this.#timer = setTimeout(this.#resolve, pause);
  }

  hurry(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#resolve, Math.max(0, this.#begun + this.#least - now()));
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#resolve();
  }
}

/** Call back when the network is there again or the page is looked at; gives how to stop that. */
export function onWake(wake: () => void): () => void {
  const page = globalThis.document as Document | undefined;
  const seen = (): void => {
    if (page?.visibilityState === "visible") wake();
  };
  globalThis.addEventListener?.("online", wake);
  page?.addEventListener("visibilitychange", seen);
  return () => {
    globalThis.removeEventListener?.("online", wake);
    page?.removeEventListener("visibilitychange", seen);
  };
}
