// Who is signed in. It belongs to this tab alone: two tabs may be two users.

import { developmentToken } from "./api.js";

const KEY = "hangup-chat";

/** What this tab keeps over a reload, an object of its own for each user who signs in. */
export class Identity {
  #kept;

  constructor(kept) {
    this.#kept = kept;
  }

  /** Give who was signed in before the page was loaded again, or null. */
  static kept() {
    const text = sessionStorage.getItem(KEY);
    return text ? new Identity(JSON.parse(text)) : null;
  }

  /** Sign in by name, where the server gives tokens. */
  static async named(user) {
    return new Identity({ user, token: await developmentToken(user) });
  }

  static of(token) {
    return new Identity({ token });
  }

  get token() {
    return this.#kept.token;
  }

  /** Whether there is a newer token to be had; who brought one has to bring another one. */
  get renewable() {
    return Boolean(this.#kept.user);
  }

  async renew() {
    this.keep("token", await developmentToken(this.#kept.user));
    return this.token;
  }

  get(name) {
    return this.#kept[name];
  }

  keep(name, value) {
    this.#kept[name] = value;
    sessionStorage.setItem(KEY, JSON.stringify(this.#kept));
  }

  forget() {
    sessionStorage.removeItem(KEY);
  }
}
