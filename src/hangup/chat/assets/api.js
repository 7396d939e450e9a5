// What the page asks over HTTP. Paths are relative, so that it works below any prefix of a proxy.

/** The server refuses: `status`, and the word that it gives for why. */
export class RefusedError extends Error {
  constructor(status, word) {
    super(word);
    this.status = status;
  }
}

/** Say how one signs in here. */
export const page = () => ask("page.json");

/** Get a token for a name; only a developer's own chat gives any. */
export async function developmentToken(user) {
  const options = { method: "POST", body: JSON.stringify({ user }) };
  return (await ask("development/token", "", options)).token;
}

export const threads = async (token) => (await ask("api/threads", token)).threads;

/** Give all messages of a thread, in order. */
export async function messages(token, thread) {
  const path = `api/threads/${encodeURIComponent(thread)}/messages`;
  const found = [];
  for (let more = true; more; ) {
    const after = found.at(-1)?.number ?? 0;
    const part = await ask(`${path}?after=${after}`, token);
    found.push(...part.messages);
    more = part.more;
  }
  return found;
}

export const forget = (token, thread) =>
  ask(`api/threads/${encodeURIComponent(thread)}`, token, { method: "DELETE" });

async function ask(path, token = "", options = {}) {
  const headers = { "content-type": "application/json" };
  if (token) headers.authorization = `Bearer ${token}`;
  const answer = await fetch(path, { ...options, headers, cache: "no-store" });
  const body = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new RefusedError(answer.status, body.error ?? `status ${answer.status}`);
  return body;
}
