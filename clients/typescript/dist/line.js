/** What waits for the application, in order. */
/**
 * Hands items over one after another: the next one when the one before has been handled.
 *
 * Who fills it looks at `length` and stops in time.
 */
export class Line {
    #hand;
    #handled;
    #failed;
    #items = [];
    #working = false;
    #stopped = false;
    constructor(hand, handled, failed) {
        this.#hand = hand;
        this.#handled = handled;
        this.#failed = failed;
    }
    /** How many have not been handled. */
    get length() {
        return this.#items.length;
    }
    push(item) {
        if (this.#stopped)
            return;
        this.#items.push(item);
        if (!this.#working)
            void this.#work();
    }
    /** Hand over nothing more. */
    stop() {
        this.#stopped = true;
        this.#items = [];
    }
    async #work() {
        this.#working = true;
        try {
            for (let item = this.#items[0]; item; item = this.#items[0]) {
                await this.#hand(item);
                if (this.#items.shift())
                    this.#handled(item);
            }
        }
        catch (error) {
            this.#failed(error);
        }
        finally {
            this.#working = false;
        }
    }
}
