// Says when the client for TypeScript comes back in each row of a table. Arguments: the module of
// its pauses, the table.
import { readFileSync } from "node:fs";

const [, , module, table] = process.argv;
const { Pauses } = await import(module);

function pausesOf({ ends, drawn }) {
  const pauses = new Pauses();
  return ends.map(({ code, reason = "", welcome = false, stayed = 0 }) => {
    if (welcome) pauses.welcome();
    const again = pauses.after({ code, reason, stayed }, drawn);
    if (!again) return null;
    return again.refresh ? `refresh ${again.pause}` : again.pause;
  });
}

const rows = JSON.parse(readFileSync(table, "utf-8"));
console.log(JSON.stringify(Object.fromEntries(rows.map((row) => [row.name, pausesOf(row)]))));
