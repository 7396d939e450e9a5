// The page: who comes in, what the keys do.

import { page } from "./api.js";
import { at } from "./dom.js";
import { Identity } from "./identity.js";
import { Room } from "./room.js";

let room;

async function enter(identity) {
  room = new Room(identity, (why) => leave(`You were signed out: ${why}`));
  at("user").textContent = identity.get("user") ?? "";
  show(true);
  await room.enter();
  at("question").focus();
}

function leave(why = "") {
  room?.leave();
  room = undefined;
  Identity.kept()?.forget();
  show(false);
  at("state").dataset.state = "out";
  at("state").textContent = "Signed out";
  at("refused").textContent = why;
}

function show(inside) {
  at("door").hidden = inside;
  at("room").hidden = at("who").hidden = !inside;
  if (!inside) (at("as-user").hidden ? at("token") : at("name")).focus();
}

async function signIn(event) {
  event.preventDefault();
  const given = (at("as-user").hidden ? at("token") : at("name")).value.trim();
  if (!given) return;
  try {
    const identity = await (at("as-user").hidden ? Identity.of(given) : Identity.named(given));
    identity.keep("thread", "");
    at("token").value = at("refused").textContent = "";
    await enter(identity);
  } catch (error) {
    at("refused").textContent = `That did not work: ${error.message}`;
  }
}

function ask(event) {
  event.preventDefault();
  const text = at("question").value.trim();
  if (!text) return;
  room.ask(text);
  at("question").value = "";
  at("question").focus();
}

function typed(event) {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  at("ask").requestSubmit();
}

function pressed(event) {
  if (!room) return;
  const typing = event.target.matches("input, textarea");
  if (event.key === "Escape") room.stop();
  else if (event.key === "/" && !typing) at("question").focus();
  else if (event.altKey && event.code === "KeyN") newThread();
  else if (event.altKey && event.key === "ArrowUp") room.step(-1);
  else if (event.altKey && event.key === "ArrowDown") room.step(1);
  else return;
  event.preventDefault();
}

function newThread() {
  void room.open("");
  at("question").focus();
}

at("sign-in").addEventListener("submit", signIn);
at("ask").addEventListener("submit", ask);
at("question").addEventListener("keydown", typed);
at("stop").addEventListener("click", () => room.stop());
at("new").addEventListener("click", newThread);
at("leave").addEventListener("click", () => leave());
document.addEventListener("keydown", pressed);

const { development } = await page();
at("as-user").hidden = !development;
at("by-token").hidden = development;
const kept = Identity.kept();
if (kept) await enter(kept);
else show(false);
