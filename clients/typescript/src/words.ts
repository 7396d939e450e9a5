/** What a client gives to its application. */

/** How far somebody has come in a user's log: to be kept, and to go on from. */
export interface Place {
  readonly epoch: string;
  readonly seq: number;
}

/** An event; `at` is in seconds since the epoch, `data` holds the event's own fields. */
export interface BridgeEvent {
  readonly type: string;
  readonly seq: number;
  readonly run: string;
  readonly step: number;
  readonly at: number;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Events that are lost to this client: those behind `after`, up to the one before `first`. */
export interface Gap {
  readonly reason: string;
  readonly after: number;
  readonly first: number;
}

/** A message of ours that the server could not use. */
export interface Refused {
  readonly code: string;
  readonly message: string;
  readonly about: string;
  readonly incident: string;
}

/** What the application says to this connection alone; it is not kept, and not said again. */
export interface Answer {
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** One thing for the application; `place` is how far it has come when it has handled this. */
export type Item =
  | { readonly kind: "event"; readonly event: BridgeEvent; readonly place: Place }
  | { readonly kind: "gap"; readonly gap: Gap; readonly place: Place }
  | { readonly kind: "refused"; readonly refused: Refused }
  | { readonly kind: "answer"; readonly answer: Answer };

/**
 * Why a client has ended: a close code with its reason, 1000 when its application closed it.
 * `error` is what a function of the application or the making of a WebSocket threw.
 */
export interface End {
  readonly code: number;
  readonly reason: string;
  readonly error?: unknown;
}

/** Nothing is connected: what was to be sent has not been. */
export class NotConnectedError extends Error {
  override readonly name = "NotConnectedError";
}
