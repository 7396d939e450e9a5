/** When to connect again: pure, without a clock. */
/** How a connection ended, and for how many seconds the client was welcome on it. */
export interface Ended {
    readonly code: number;
    readonly reason: string;
    readonly stayed: number;
}
/** Seconds until the next attempt, of which `least` are due to the server, and not to chance. */
export interface Again {
    readonly pause: number;
    readonly least: number;
    readonly refresh: boolean;
}
/** Counts attempts, and the credentials that were refused. */
export declare class Pauses {
    #private;
    /** Note that the server has taken the credential. */
    welcome(): void;
    /** Say when to connect again, or undefined to give up; `random` is from 0 to 1. */
    after(ended: Ended, random: number): Again | undefined;
}
