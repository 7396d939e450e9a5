/** Hears the events of a `hangup.bridge`, in order and each once. */
export { BridgeClient } from "./client.js";
export type { SocketClass, SocketLike } from "./connection.js";
export type { Options, State, Why } from "./options.js";
export { NotConnectedError } from "./words.js";
export type { Answer, BridgeEvent, End, Gap, Place, Refused } from "./words.js";
