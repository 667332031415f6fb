// Prints the result of every audit as JSON: `node audit.mjs URL`. Whoever calls it decides what is good enough.
import { serverAudits } from "graphql-http";

const [url] = process.argv.slice(2);
const results = [];
for (const { fn } of serverAudits({ url })) {
  const { id, name, status, reason } = await fn();
  results.push({ id, name, status, reason: reason ?? "" });
}
process.stdout.write(JSON.stringify(results));
