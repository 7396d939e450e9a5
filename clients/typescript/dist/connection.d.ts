/** One WebSocket, from the attempt to open it to its end. */
/**
 * What is used of a WebSocket; the browser's, Node's and that of `ws` fit.
 *
 * The events are `any`, since each library has types of its own for them.
 */
export interface SocketLike {
    readonly readyState: number;
    readonly bufferedAmount: number;
    onopen: ((event: any) => void) | null;
    onmessage: ((event: any) => void) | null;
    onclose: ((event: any) => void) | null;
    onerror: ((event: any) => void) | null;
    send(data: string): void;
    close(code?: number, reason?: string): void;
}
export type SocketClass = new (url: string, protocols?: string[]) => SocketLike;
export interface Listener {
    opened(): void;
    heard(data: unknown): void;
    /** The connection is over, by `ours` or by itself; nothing more is heard of it. */
    ended(code: number, reason: string, ours: boolean): void;
}
/** Milliseconds on a clock that nobody sets. */
export declare const now: () => number;
/** Watches over one socket: it opens in time, is not silent for too long, and ends once. */
export declare class Connection {
    #private;
    /** `openTimeout` is in milliseconds. */
    constructor(socket: SocketLike, listener: Listener, openTimeout: number);
    get open(): boolean;
    /** Bytes that the network has not taken yet. */
    get unsent(): number;
    /** Expect something, and say something, within so many milliseconds. */
    beat(heartbeat: number): void;
    send(text: string): void;
    pong(): void;
    /** Close without waiting for the other side, which may be gone. */
    close(code: number, reason: string): void;
    /** Look at the clock: timers of a page in the background come late. */
    check(): void;
}
