/** What waits for the application, in order. */
import type { Item } from "./words.js";
/**
 * Hands items over one after another: the next one when the one before has been handled.
 *
 * Who fills it looks at `length` and stops in time.
 */
export declare class Line {
    #private;
    constructor(hand: (item: Item) => unknown, handled: (item: Item) => void, failed: (error: unknown) => void);
    /** How many have not been handled. */
    get length(): number;
    push(item: Item): void;
    /** Hand over nothing more. */
    stop(): void;
}
