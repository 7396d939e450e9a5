/** Acknowledgements, of which one stands for many. */
import type { Place } from "./words.js";
/** Tells the server how far the application has come, not more often than is of use. */
export declare class Acks {
    #private;
    /** `tell` says whether it could be told. */
    constructor(tell: (place: Place) => boolean);
    note(place: Place): void;
    /** Tell at once what is due; it stays due when that cannot be. */
    flush(): void;
}
