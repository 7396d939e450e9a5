/** The client: one connection after another, and everything on them once. */
import { type Options, type State } from "./options.js";
import { type End, type Place } from "./words.js";
/**
 * Hears a user's events in order and each once, through lost connections and on to other servers.
 *
 * It begins to connect at once, and goes on until `close` or until the server says that it is of no
 * use: then `state` is `ended` and `end` says why.
 */
export declare class BridgeClient {
    #private;
    /** `url` may be relative to the page. */
    constructor(url: string, options: Options);
    get state(): State;
    /** Why it has ended, when it has. */
    get end(): End | undefined;
    /** How far the application has come: what it has handled. */
    get place(): Place | undefined;
    /**
     * Send a message of the application, once, on the connection that is open. That it was sent does
     * not mean that it was handled: that is what answers are for.
     *
     * @throws NotConnectedError when it was not sent.
     */
    send(message: object): void;
    /** Acknowledge what was handled, and close; nothing more is handed over. */
    close(): void;
}
