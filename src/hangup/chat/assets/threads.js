// The list of threads beside the conversation.

import { made } from "./dom.js";

export class Threads {
  #list;
  #ids = [];
  #open;
  #forget;

  constructor(list, open, forget) {
    this.#list = list;
    this.#open = open;
    this.#forget = forget;
  }

  show(threads, current) {
    const focused = document.activeElement?.dataset?.thread;
    this.#ids = threads.map((thread) => thread.id);
    this.#list.replaceChildren(...threads.map((thread) => this.#item(thread, current)));
    if (focused) this.#list.querySelector(`[data-thread="${CSS.escape(focused)}"]`)?.focus();
  }

  #item({ id, title }, current) {
    const open = made("button", { type: "button", title, onclick: () => this.#open(id) }, title);
    open.dataset.thread = id;
    if (id === current) open.setAttribute("aria-current", "true");
    const forget = made("button", { type: "button", onclick: () => this.#forget(id, title) }, "✕");
    forget.setAttribute("aria-label", `Delete thread ${title}`);
    return made("li", {}, open, forget);
  }

  /** Give the thread that stands so many places below another one. */
  beside(current, places) {
    const at = this.#ids.indexOf(current);
    return this.#ids[at < 0 ? 0 : Math.min(Math.max(at + places, 0), this.#ids.length - 1)];
  }
}
