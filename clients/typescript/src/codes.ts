/** The close codes of the protocol that a client knows. */

export const CLOSED = 1000;
export const LOST = 1006;
export const RESTART = 1012;
export const PROTOCOL = 4400;
export const CREDENTIAL = 4401;
export const UNHEARD = 4408;
export const HOLE = 4410;
export const BEHIND = 4413;
export const FLOOD = 4429;

const FINAL: ReadonlySet<number> = new Set([CLOSED, 1003, 1009, PROTOCOL, 4403, 4409]);

/** Say what a client does after a close; a code that is not of the bridge is tried again. */
export function then(code: number): "end" | "refresh" | "retry" {
  if (code === CREDENTIAL) return "refresh";
  return FINAL.has(code) ? "end" : "retry";
}
