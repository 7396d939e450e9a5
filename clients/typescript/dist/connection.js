/** One WebSocket, from the attempt to open it to its end. */
import { LOST, UNHEARD } from "./codes.js";
const OPEN = 1;
const PONG = '{"type":"pong"}';
/** Milliseconds on a clock that nobody sets. */
export const now = () => performance.now();
/** Watches over one socket: it opens in time, is not silent for too long, and ends once. */
export class Connection {
    #socket;
    #listener;
    #heartbeat;
    #heard = now();
    #said = now();
    #timer;
    #over = false;
    /** `openTimeout` is in milliseconds. */
    constructor(socket, listener, openTimeout) {
        this.#socket = socket;
        this.#listener = listener;
        this.#heartbeat = openTimeout / 2;
        socket.onopen = () => {
            this.#heard = now();
            listener.opened();
        };
        socket.onmessage = (event) => {
            this.#heard = now();
            listener.heard(event.data);
            this.check();
        };
        socket.onclose = (event) => {
            this.#end(event.code ?? LOST, event.reason ?? "", false);
        };
        socket.onerror = () => undefined; // a close follows
        this.#watch();
    }
    get open() {
        return !this.#over && this.#socket.readyState === OPEN;
    }
    /** Bytes that the network has not taken yet. */
    get unsent() {
        return this.#socket.bufferedAmount;
    }
    /** Expect something, and say something, within so many milliseconds. */
    beat(heartbeat) {
        this.#heartbeat = heartbeat;
        this.#watch();
    }
    send(text) {
        if (!this.open)
            return;
        this.#said = now();
        this.#socket.send(text);
    }
    pong() {
        this.send(PONG);
    }
    /** Close without waiting for the other side, which may be gone. */
    close(code, reason) {
        if (this.#over)
            return;
        this.#socket.close(code, reason);
        this.#end(code, reason, true);
    }
    /** Look at the clock: timers of a page in the background come late. */
    check() {
        if (this.#over)
            return;
        if (now() - this.#heard > 2 * this.#heartbeat)
            this.close(UNHEARD, "nothing was heard");
        else if (now() - this.#said > this.#heartbeat / 2)
            this.pong();
    }
    #watch() {
        clearTimeout(this.#timer);
        if (this.#over)
            return;
        this.#timer = setTimeout(() => {
            this.check();
            this.#watch();
        }, this.#heartbeat / 4);
    }
    #end(code, reason, ours) {
        if (this.#over)
            return;
        this.#over = true;
        clearTimeout(this.#timer);
        const socket = this.#socket;
        socket.onopen = socket.onmessage = socket.onclose = null;
        this.#listener.ended(code, reason, ours);
    }
}
