/** What a client makes of what it hears: pure, without a clock or a socket. */
import type { Item, Place } from "./words.js";
/** Keeps the numbers of one client over all its connections, and gives each event once. */
export declare class Machine {
    #private;
    /** How far the server's events have been taken; the application may be behind. */
    place: Place | undefined;
    /** Seconds within which the server says something. */
    heartbeat: number;
    welcomed: boolean;
    /** The epoch of the log behind this connection; numbers of another one mean nothing to it. */
    epoch: string;
    constructor(place: Place | undefined, fromStart: boolean, give: (item: Item) => void);
    /** Give the URL of the next connection; the user's own query stays. */
    url(base: string): string;
    /**
     * Take a message, and give the type of what is no event.
     *
     * @throws BrokenError when it is not what a server may say.
     */
    hear(said: string): string;
}
