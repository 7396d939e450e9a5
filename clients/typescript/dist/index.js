/** Hears the events of a `hangup.bridge`, in order and each once. */
export { BridgeClient } from "./client.js";
export { NotConnectedError } from "./words.js";
