// GraphiQL's way to the API: one POST an operation (the API has no subscriptions and no @defer).
const endpoint = new URL("graphql", document.baseURI);
const accept = "application/graphql-response+json, application/json;q=0.9";

/** `params` is {query, variables, operationName}; `headers` is what the Headers editor holds. */
export async function fetcher(params, { headers } = {}) {
  const response = await fetch(endpoint, {
    body: JSON.stringify(params),
    headers: { accept, "content-type": "application/json", ...headers },
    method: "POST",
  });
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`${response.status} ${response.statusText}: ${text.slice(0, 1000) || "an empty answer"}`);
  }
}
