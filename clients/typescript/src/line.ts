/** What waits for the application, in order. */

import type { Item } from "./words.js";

/**
 * Hands items over one after another: the next one when the one before has been handled.
 *
 * Who fills it looks at `length` and stops in time.
 */
export class Line {
  readonly #hand: (item: Item) => unknown;
  readonly #handled: (item: Item) => void;
  readonly #failed: (error: unknown) => void;
  #items: Item[] = [];
  #working = false;
  #stopped = false;

  constructor(
    hand: (item: Item) => unknown,
    handled: (item: Item) => void,
    failed: (error: unknown) => void,
  ) {
    this.#hand = hand;
    this.#handled = handled;
    this.#failed = failed;
  }

  /** How many have not been handled. */
  get length(): number {
    return this.#items.length;
  }

  push(item: Item): void {
    if (this.#stopped) return;
    this.#items.push(item);
    if (!this.#working) void this.#work();
  }

  /** Hand over nothing more. */
  stop(): void {
    this.#stopped = true;
    this.#items = [];
  }

  async #work(): Promise<void> {
    this.#working = true;
    try {
      for (let item = this.#items[0]; item; item = this.#items[0]) {
        await this.#hand(item);
        if (this.#items.shift()) this.#handled(item);
      }
    } catch (error) {
      this.#failed(error);
    } finally {
      this.#working = false;
    }
  }
}
