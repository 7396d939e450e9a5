/** What a client gives to its application. */
/** Nothing is connected: what was to be sent has not been. */
export class NotConnectedError extends Error {
    name = "NotConnectedError";
}
