/** What an application says to make a client. */
/** Give the options with what is left out filled in. */
export function complete(options) {
    const WebSocket = options.WebSocket ?? globalThis.WebSocket;
    if (!WebSocket)
        throw new TypeError("there is no WebSocket here: give that of ws as an option");
    return {
        ...options,
        fromStart: options.fromStart ?? false,
        tokenIn: options.tokenIn ?? "subprotocol",
        ahead: options.ahead ?? 1024,
        openTimeout: options.openTimeout ?? 10,
        WebSocket,
        random: options.random ?? Math.random,
    };
}
