/** How a credential travels where a page cannot set headers. */
export declare const SUBPROTOCOL = "hangup.v1";
/**
 * Give the subprotocol that carries a token.
 *
 * A subprotocol is a token as RFC 9110 has it (5.6.2), which holds no `=` and no `/`: a credential
 * with such characters is encoded.
 */
export declare function subprotocolOf(token: string): string;
