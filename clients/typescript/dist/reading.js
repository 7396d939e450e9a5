/** Fields of a server's messages, each checked for what it has to be. */
import { PROTOCOL } from "./codes.js";
/** The server cannot be relied on: close with `code`, connect again behind the last event. */
export class BrokenError extends Error {
    code;
    constructor(code, reason) {
        super(reason);
        this.code = code;
    }
}
/** Read a message: a JSON object with a type. */
export function message(text) {
    let value;
    try {
        value = JSON.parse(text);
    }
    catch {
        throw notOfTheProtocol();
    }
    return object(value);
}
/** Give a value as an object that has a type. */
export function object(value) {
    if (typeof value !== "object" || value === null || Array.isArray(value))
        throw notOfTheProtocol();
    text(value["type"]);
    return value;
}
export function list(value) {
    if (!Array.isArray(value))
        throw notOfTheProtocol();
    return value;
}
export function text(value) {
    if (typeof value !== "string")
        throw notOfTheProtocol();
    return value;
}
/** Give a number of an event: whole, and one that a double holds exactly. */
export function whole(value) {
    if (!Number.isSafeInteger(value) || value < 0)
        throw notOfTheProtocol();
    return value;
}
export function finite(value) {
    if (typeof value !== "number" || !Number.isFinite(value))
        throw notOfTheProtocol();
    return value;
}
/** Give a length of time in seconds, more than none. */
export function seconds(value) {
    if (finite(value) <= 0)
        throw notOfTheProtocol();
    return value;
}
function notOfTheProtocol() {
    return new BrokenError(PROTOCOL, "a message is not of the protocol");
}
