/** The close codes of the protocol that a client knows. */
export declare const CLOSED = 1000;
export declare const LOST = 1006;
export declare const RESTART = 1012;
export declare const PROTOCOL = 4400;
export declare const CREDENTIAL = 4401;
export declare const UNHEARD = 4408;
export declare const HOLE = 4410;
export declare const BEHIND = 4413;
export declare const FLOOD = 4429;
/** Say what a client does after a close; a code that is not of the bridge is tried again. */
export declare function then(code: number): "end" | "refresh" | "retry";
