/** Pauses that end early when there is a reason to. */
/** One pause; `hurry` leaves of it only what is due, `end` nothing. All times in milliseconds. */
export declare class Wait {
    #private;
    readonly over: Promise<void>;
    constructor(pause: number, least: number);
    hurry(): void;
    end(): void;
}
/** Call back when the network is there again or the page is looked at; gives how to stop that. */
export declare function onWake(wake: () => void): () => void;
