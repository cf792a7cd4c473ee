import { ProblemError } from "./problem";

// The server's bounds, in characters, and how much one visit may tell: a page that fails in a loop says nothing new.
const longestMessage = 500;
const longestStack = 4000;
const mostOfAVisit = 10;
const told = new Set<string>();

// bare leaves out queries and fragments of addresses: ids and words of a search stand there.
const bare = (text: string, most: number): string => Array.from(text.replace(/[?#][^\s:)]*/g, "")).slice(0, most).join("");

// describe is what is told of a failure; null for the server's no or the network's, which are no fault of the page.
export function describe(thrown: unknown): { message: string; stack: string } | null {
  if (thrown instanceof ProblemError) return null;
  if (!(thrown instanceof Error)) return { message: bare(`thrown: ${typeof thrown === "string" ? thrown : typeof thrown}`, longestMessage), stack: "" };
  return { message: bare(`${thrown.name}: ${thrown.message}`, longestMessage), stack: bare(thrown.stack ?? "", longestStack) };
}

// reportFailure tells the server that a script of the console failed, once for each kind of failure.
export function reportFailure(thrown: unknown): void {
  const failure = describe(thrown);
  if (!failure || told.has(failure.message) || told.size >= mostOfAVisit) return;
  told.add(failure.message);
  const body = JSON.stringify({ page: "console", ...failure });
  void fetch("/api/mall/v1/page-errors", { method: "POST", keepalive: true, headers: { "Content-Type": "application/json" }, body }).catch(() => {
    // nobody is shown that a report did not arrive
  });
}

// watchFailures reports whatever nothing else catches.
export function watchFailures(): void {
  addEventListener("error", (event) => {
    if (event.error) reportFailure(event.error); // without one it is a script of another origin, or no script at all
  });
  addEventListener("unhandledrejection", (event) => reportFailure(event.reason));
}
