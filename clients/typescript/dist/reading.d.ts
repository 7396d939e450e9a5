/** Fields of a server's messages, each checked for what it has to be. */
export type Fields = Readonly<Record<string, unknown>>;
/** The server cannot be relied on: close with `code`, connect again behind the last event. */
export declare class BrokenError extends Error {
    readonly code: number;
    constructor(code: number, reason: string);
}
/** Read a message: a JSON object with a type. */
export declare function message(text: string): Fields;
/** Give a value as an object that has a type. */
export declare function object(value: unknown): Fields;
export declare function list(value: unknown): readonly unknown[];
export declare function text(value: unknown): string;
/** Give a number of an event: whole, and one that a double holds exactly. */
export declare function whole(value: unknown): number;
export declare function finite(value: unknown): number;
/** Give a length of time in seconds, more than none. */
export declare function seconds(value: unknown): number;
