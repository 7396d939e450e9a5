/** When to connect again: pure, without a clock. */

import { BEHIND, FLOOD, RESTART, then } from "./codes.js";

const LONGEST_PAUSE = 30;
const FIRST_PAUSE = 0.5;
const LONGEST_WISH = 300;
const AFTER_FLOOD = 1;

/** How a connection ended, and for how many seconds the client was welcome on it. */
export interface Ended {
  readonly code: number;
  readonly reason: string;
  readonly stayed: number;
}

/** Seconds until the next attempt, of which `least` are due to the server, and not to chance. */
export interface Again {
  readonly pause: number;
  readonly least: number;
  readonly refresh: boolean;
}

/** Counts attempts, and the credentials that were refused. */
export class Pauses {
  #attempt = 0;
  #refreshed = false;

  /** Note that the server has taken the credential. */
  welcome(): void {
    this.#refreshed = false;
  }

  /** Say when to connect again, or undefined to give up; `random` is from 0 to 1. */
  after(ended: Ended, random: number): Again | undefined {
    const what = then(ended.code);
    const refresh = what === "refresh";
    if (ended.code === BEHIND) return { pause: random * FIRST_PAUSE, least: 0, refresh };
    if (what === "end" || (refresh && this.#refreshed)) return undefined;
    if (ended.stayed > this.#longest()) this.#attempt = 0;
    const drawn = random * this.#longest();
    const attempt = this.#attempt++;
    if (refresh) {
      this.#refreshed = true;
      return { pause: attempt ? drawn : 0, least: 0, refresh };
    }
    return { ...pauseOf(ended, drawn), refresh };
  }

  #longest(): number {
    return Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** this.#attempt);
  }
}

function pauseOf(ended: Ended, drawn: number): { pause: number; least: number } {
  if (ended.code === FLOOD) return { pause: drawn + AFTER_FLOOD, least: AFTER_FLOOD };
  const least = ended.code === RESTART ? wished(ended.reason) : 0;
  return { pause: Math.max(drawn, least), least };
}

function wished(reason: string): number {
  const found = /^retry-after=(\d{1,6}(?:\.\d{1,6})?)$/.exec(reason);
  return Math.min(Number(found?.[1] ?? 0), LONGEST_WISH);
}
