// The surroundings of the browser: network, server, language model, rows. See tests/browser/control.py.
const CONTROL = process.env.CONTROL_URL ?? "";

export type Step =
  | { readonly text?: string; readonly calls?: readonly (readonly [string, object])[] }
  | { readonly fails: number }
  | { readonly hangs: string }
  | { readonly cut: string };

export interface Asked {
  readonly asked: readonly {
    readonly messages: readonly { readonly role: string; readonly content: string | null }[];
  }[];
  readonly refused: readonly string[];
  readonly left: number;
}

export const control = {
  /** Requests are refused from now on, or taken again. */
  network: (up: boolean) => post("/network", { up }),
  /** Every request takes so many seconds more. */
  delay: (seconds: number) => post("/network", { delay: seconds }),
  /** Stops Tickler, or starts it again on the same data. */
  server: (up: boolean) => post("/server", { up }),
  /** What the language model says, one step for each time that it is asked. */
  model: (...steps: Step[]) => post("/model", { steps }),
  asked: async (): Promise<Asked> => (await (await fetch(`${CONTROL}/model`)).json()) as Asked,
  /** So many open tasks of a user, with tags, most with due dates. */
  tasks: (user: string, count: number) => post("/tasks", { user: Number(user), count }),
  reset: () => post("/reset", {}),
};

async function post(path: string, body: object): Promise<void> {
  const response = await fetch(CONTROL + path, { method: "POST", body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
}
