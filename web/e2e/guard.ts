// What no page may do, whatever a test looks at: break its policy, log an error, or ask for what fails or is foreign.
import type { BrowserContext, ConsoleMessage, Page, Request, Response } from "@playwright/test";

/** What went wrong on the pages of a context, and what a test says will. */
export class Guard {
  private readonly problems: string[] = [];
  private readonly expected: RegExp[] = [];

  constructor(private readonly origin: string) {}

  /** Problems whose text matches are what the test is about. A line is "kind: what". */
  expect(...problems: RegExp[]): void {
    this.expected.push(...problems);
  }

  /** The problems that nobody expected. */
  unexpected(): string[] {
    return this.problems.filter((problem) => !this.expected.some((pattern) => pattern.test(problem)));
  }

  /** Every problem so far, expected or not. */
  all(): readonly string[] {
    return this.problems;
  }

  async watch(context: BrowserContext): Promise<void> {
    await context.exposeBinding("reportViolation", (_source, text: string) => this.add(`policy: ${text}`));
    await context.addInitScript(() => {
      document.addEventListener("securitypolicyviolation", (event) => {
        const report = (window as unknown as { reportViolation: (text: string) => void }).reportViolation;
        report(
          `${event.effectiveDirective} ${event.blockedURI} at ${event.sourceFile}:${event.lineNumber} ${event.sample}`,
        );
      });
    });
    context.on("page", (page) => this.watchPage(page));
    context.on("console", (message) => this.onConsole(message));
    context.on("weberror", (error) => this.add(`script: ${error.error().message}`));
    context.on("request", (request) => this.onRequest(request));
    context.on("requestfailed", (request) => this.onFailed(request));
    context.on("response", (response) => this.onResponse(response));
  }

  private watchPage(page: Page): void {
    page.on("crash", () => this.add("crash: the page"));
  }

  private onConsole(message: ConsoleMessage): void {
    if (message.type() === "error" || message.type() === "warning") this.add(`console: ${message.text()}`);
  }

  private onRequest(request: Request): void {
    const url = new URL(request.url());
    if (url.protocol.startsWith("http") && url.origin !== this.origin) this.add(`foreign: ${request.url()}`);
  }

  private onFailed(request: Request): void {
    const why = request.failure()?.errorText ?? "";
    // A page that is left, or an answer that nobody waits for any more, ends its requests.
    if (why !== "net::ERR_ABORTED") this.add(`failed: ${request.method()} ${this.path(request.url())} ${why}`);
  }

  private onResponse(response: Response): void {
    if (response.status() >= 400)
      this.add(`status: ${response.status()} ${response.request().method()} ${this.path(response.url())}`);
  }

  private path(url: string): string {
    return url.replace(this.origin, "");
  }

  private add(problem: string): void {
    this.problems.push(problem);
  }
}
