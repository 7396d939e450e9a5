/** Fields of a server's messages, each checked for what it has to be. */

import { PROTOCOL } from "./codes.js";

export type Fields = Readonly<Record<string, unknown>>;

/** The server cannot be relied on: close with `code`, connect again behind the last event. */
export class BrokenError extends Error {
  constructor(
    readonly code: number,
    reason: string,
  ) {
    super(reason);
  }
}

/** Read a message: a JSON object with a type. */
export function message(text: string): Fields {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw notOfTheProtocol();
  }
  return object(value);
}

/** Give a value as an object that has a type. */
export function object(value: unknown): Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw notOfTheProtocol();
  text((value as Fields)["type"]);
  return value as Fields;
}

export function list(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw notOfTheProtocol();
  return value;
}

export function text(value: unknown): string {
  if (typeof value !== "string") throw notOfTheProtocol();
  return value;
}

/** Give a number of an event: whole, and one that a double holds exactly. */
export function whole(value: unknown): number {
  if (!Number.isSafeInteger(value) || (value as number) < 0) throw notOfTheProtocol();
  return value as number;
}

export function finite(value: unknown): number {
  if (typeof value !== "number" || !Number.isFinite(value)) throw notOfTheProtocol();
  return value;
}

/** Give a length of time in seconds, more than none. */
export function seconds(value: unknown): number {
  if (finite(value) <= 0) throw notOfTheProtocol();
  return value as number;
}

function notOfTheProtocol(): BrokenError {
  return new BrokenError(PROTOCOL, "a message is not of the protocol");
}
