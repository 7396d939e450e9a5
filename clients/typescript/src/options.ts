/** What an application says to make a client. */

import type { SocketClass } from "./connection.js";
import type { Answer, BridgeEvent, End, Gap, Place, Refused } from "./words.js";

/** Why a credential is asked for: there is none yet, it was refused, or it is about to expire. */
export type Why = "first" | "refused" | "expiring";

export type State = "connecting" | "open" | "waiting" | "ended";

export interface Options {
  /** The credential, or a function that gives one; it is asked again, after a pause, if it throws. */
  token: string | ((why: Why) => string | Promise<string>);
  /** Handles an event. The next one comes, and this one counts, when what it gives has resolved. */
  onEvent: (event: BridgeEvent) => unknown;
  /** Hears that events are lost: what is shown has to be fetched anew from elsewhere. */
  onGap: (gap: Gap) => unknown;
  /** Hears that a message of ours could not be used. */
  onRefused?: (refused: Refused) => unknown;
  /** Hears what the server's application says to this connection alone. */
  onAnswer?: (answer: Answer) => unknown;
  /** Hears how far the application has come, to keep it for after a reload of the page. */
  onPlace?: (place: Place) => void;
  /** Hears of each change; `end` comes with `ended`. */
  onState?: (state: State, end?: End) => void;
  /** Go on from here. */
  place?: Place | undefined;
  /** Without a place, begin with everything that is kept, rather than with what is new. */
  fromStart?: boolean;
  /** Where the credential travels; in the query only where the server allows it. */
  tokenIn?: "subprotocol" | "message" | "query";
  /** How many events may wait for `onEvent`; then the connection is given up for a while. */
  ahead?: number;
  /** Seconds until a connection has to be open. */
  openTimeout?: number;
  /** The class to connect with, where there is no global one: that of `ws`. */
  WebSocket?: SocketClass;
  /** Draws from 0 to 1. */
  random?: () => number;
}

/** Give the options with what is left out filled in. */
export function complete(options: Options) {
  const WebSocket = options.WebSocket ?? (globalThis.WebSocket as SocketClass | undefined);
  if (!WebSocket) throw new TypeError("there is no WebSocket here: give that of ws as an option");
  return {
    ...options,
    fromStart: options.fromStart ?? false,
    tokenIn: options.tokenIn ?? "subprotocol",
    ahead: options.ahead ?? 1024,
    openTimeout: options.openTimeout ?? 10,
    WebSocket,
    random: options.random ?? Math.random,
  } as const;
}

export type Complete = ReturnType<typeof complete>;
