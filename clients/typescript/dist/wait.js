/** Pauses that end early when there is a reason to. */
import { now } from "./connection.js";
/** One pause; `hurry` leaves of it only what is due, `end` nothing. All times in milliseconds. */
export class Wait {
    over;
    #begun = now();
    #least;
    #resolve;
    #timer;
    constructor(pause, least) {
        this.#least = least;
        this.over = new Promise((resolve) => (this.#resolve = resolve));
        this.#timer = setTimeout(this.#resolve, pause);
    }
    hurry() {
        clearTimeout(this.#timer);
        this.#timer = setTimeout(this.#resolve, Math.max(0, this.#begun + this.#least - now()));
    }
    end() {
        clearTimeout(this.#timer);
        this.#resolve();
    }
}
/** Call back when the network is there again or the page is looked at; gives how to stop that. */
export function onWake(wake) {
    const page = globalThis.document;
    const seen = () => {
        if (page?.visibilityState === "visible")
            wake();
    };
    globalThis.addEventListener?.("online", wake);
    page?.addEventListener("visibilitychange", seen);
    return () => {
        globalThis.removeEventListener?.("online", wake);
        page?.removeEventListener("visibilitychange", seen);
    };
}
