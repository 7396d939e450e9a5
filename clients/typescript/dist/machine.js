/** What a client makes of what it hears: pure, without a clock or a socket. */
import { HOLE, PROTOCOL } from "./codes.js";
import { BrokenError, finite, list, message, object, seconds, text, whole, } from "./reading.js";
/** What a server of the bridge says that is nothing to its application. */
const WORDS = new Set(["ping", "pong", "resumed", "refreshed", "expiring"]);
/** Keeps the numbers of one client over all its connections, and gives each event once. */
export class Machine {
    /** How far the server's events have been taken; the application may be behind. */
    place;
    /** Seconds within which the server says something. */
    heartbeat = 15;
    welcomed = false;
    /** The epoch of the log behind this connection; numbers of another one mean nothing to it. */
    epoch = "";
    #fromStart;
    #give;
    /** Where another epoch begins than the one that was asked for. */
    #elsewhere;
    constructor(place, fromStart, give) {
        this.place = place;
        this.#fromStart = fromStart;
        this.#give = give;
    }
    /** Give the URL of the next connection; the user's own query stays. */
    url(base) {
        this.welcomed = false;
        this.#elsewhere = undefined;
        const url = new URL(base);
        const wish = url.searchParams;
        for (const name of ["v", "after", "epoch"])
            wish.delete(name);
        wish.set("v", "1");
        if (this.place) {
            wish.set("after", String(this.place.seq));
            wish.set("epoch", this.place.epoch);
        }
        else if (this.#fromStart) {
            wish.set("after", "0");
        }
        return url.href;
    }
    /**
     * Take a message, and give the type of what is no event.
     *
     * @throws BrokenError when it is not what a server may say.
     */
    hear(said) {
        const fields = message(said);
        const type = text(fields["type"]);
        if ("seq" in fields && "step" in fields)
            this.#event(fields);
        else if (type === "events")
            for (const each of list(fields["events"]))
                this.#event(object(each));
        else if (type === "welcome")
            this.#welcome(fields);
        else if (type === "resume_failed")
            this.#failed(fields);
        else if (type === "error")
            this.#refused(fields);
        else if (!WORDS.has(type))
            this.#answered(type, fields);
        return type;
    }
    #event(fields) {
        if (!this.welcomed)
            throw new BrokenError(PROTOCOL, "an event came before the welcome");
        const { type, seq, run, step, at, ...data } = fields;
        const number = whole(seq);
        if (this.#elsewhere)
            this.#lost("epoch", this.place?.seq ?? 0, this.#elsewhere);
        const last = this.place.seq;
        if (number <= last)
            return;
        if (number !== last + 1)
            throw new BrokenError(HOLE, `event ${number} came behind ${last}`);
        const event = {
            type: text(type),
            seq: number,
            run: text(run),
            step: whole(step),
            at: finite(at),
            data,
        };
        // An event, and no refusal, behind the place: from here on it is of the log's own epoch.
        this.place = { epoch: this.epoch, seq: number };
        this.#give({ kind: "event", event, place: this.place });
    }
    #welcome(fields) {
        this.heartbeat = seconds(fields["heartbeat"]);
        const epoch = text(fields["epoch"]);
        if (!this.place) {
            // From the start is from 0: what is kept no longer is then told as a gap.
            this.place = { epoch, seq: this.#fromStart ? 0 : whole(fields["seq"]) };
        }
        else if (logOf(epoch) !== logOf(this.place.epoch)) {
            this.#elsewhere = { epoch, seq: whole(fields["first"]) - 1 };
        }
        this.epoch = epoch;
        this.welcomed = true;
    }
    #failed(fields) {
        const goesOn = { epoch: text(fields["epoch"]), seq: whole(fields["first"]) - 1 };
        this.#lost(text(fields["reason"]), whole(fields["after"]), goesOn);
    }
    #lost(reason, after, goesOn) {
        this.place = goesOn;
        this.epoch = goesOn.epoch;
        this.#elsewhere = undefined;
        this.#give({ kind: "gap", gap: { reason, after, first: goesOn.seq + 1 }, place: goesOn });
    }
    #answered(type, { type: _, ...data }) {
        this.#give({ kind: "answer", answer: { type, data } });
    }
    #refused(fields) {
        const told = (name) => String(fields[name] ?? "");
        const refused = {
            code: told("code"),
            message: told("message"),
            about: told("about"),
            incident: told("incident"),
        };
        this.#give({ kind: "refused", refused });
    }
}
/** Give what names the log in an epoch: behind a dot stands its term. */
function logOf(epoch) {
    return epoch.split(".", 1)[0];
}
