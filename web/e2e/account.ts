// Accounts, and the API as a program of their owner uses it.
import type { APIRequestContext, BrowserContext } from "@playwright/test";

export const PASSWORD = "correct horse battery";
const SIGN_UP = `mutation($input: SignUpInput!) {
  signUp(input: $input) { token user { id } errors { message } } }`;
const SIGN_IN = "mutation($input: SignInInput!) { signIn(input: $input) { token errors { message } } }";
let number = 0;

export interface Account {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  /** Runs a document as this user, by a token: the data, or an error thrown. */
  call<Data = Record<string, unknown>>(document: string, variables?: object): Promise<Data>;
  /** Makes a task; what is given is the input of createTask. */
  task(given: { readonly title: string } & Record<string, unknown>): Promise<string>;
}

/** An address that nobody has. */
export function newEmail(): string {
  number += 1;
  return `user${number}-${process.pid}-${Date.now()}@example.com`;
}

export async function newAccount(api: APIRequestContext, timeZone = "Europe/Berlin"): Promise<Account> {
  const email = newEmail();
  const name = `Ada ${number}`;
  const made = await ask<SignUp>(api, SIGN_UP, { input: { email, password: PASSWORD, name, timeZone } });
  const { token, user } = made.signUp;
  if (token === null || user === null) throw new Error(`no account: ${JSON.stringify(made)}`);
  const call = <Data>(document: string, variables: object = {}) => ask<Data>(api, document, variables, token);
  const task = async (given: object) => {
    const document =
      "mutation($input: CreateTaskInput!) { createTask(input: $input) { task { id } errors { message path } } }";
    const { createTask } = await call<CreateTask>(document, { input: given });
    if (createTask.task === null) throw new Error(`no task: ${JSON.stringify(createTask.errors)}`);
    return createTask.task.id;
  };
  return { id: user.id, email, name, call, task };
}

/** Signs the context's browser in, as the page does, without the page. */
export async function signIn(context: BrowserContext, account: Account): Promise<void> {
  const response = await context.request.post("/graphql", {
    headers: { "Tickler-Session": "cookie" },
    data: { query: SIGN_IN, variables: { input: { email: account.email, password: PASSWORD } } },
  });
  const body = (await response.json()) as { data: { signIn: { errors: unknown[] } } };
  if (body.data.signIn.errors.length > 0) throw new Error(JSON.stringify(body));
}

interface SignUp {
  readonly signUp: { readonly token: string | null; readonly user: { readonly id: string } | null };
}
interface CreateTask {
  readonly createTask: { readonly task: { readonly id: string } | null; readonly errors: unknown[] };
}

async function ask<Data>(api: APIRequestContext, query: string, variables: object, token?: string): Promise<Data> {
  const headers = token === undefined ? {} : { Authorization: `Bearer ${token}` };
  const response = await api.post("/graphql", { headers, data: { query, variables } });
  const body = (await response.json()) as { data?: Data; errors?: unknown };
  if (body.errors !== undefined || body.data === undefined) throw new Error(JSON.stringify(body));
  return body.data;
}
