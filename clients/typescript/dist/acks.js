/** Acknowledgements, of which one stands for many. */
import { now } from "./connection.js";
/** Milliseconds between two of them, at least. */
const APART = 100;
/** Tells the server how far the application has come, not more often than is of use. */
export class Acks {
    #tell;
    #due;
    #at = -Infinity;
    #timer;
    /** `tell` says whether it could be told. */
    constructor(tell) {
        this.#tell = tell;
    }
    note(place) {
        this.#due = place;
        const wait = this.#at + APART - now();
        if (wait <= 0)
            this.flush();
        else
            this.#timer ??= setTimeout(() => this.flush(), wait);
    }
    /** Tell at once what is due; it stays due when that cannot be. */
    flush() {
        clearTimeout(this.#timer);
        this.#timer = undefined;
        if (!this.#due || !this.#tell(this.#due))
            return;
        this.#due = undefined;
        this.#at = now();
    }
}
