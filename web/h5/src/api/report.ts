import { failureOf, Told } from "../logic/report";
import { placeOf, type Place } from "../router";

/** tell sends a report and forgets about it; it arrives also when the page is left meanwhile. */
function tell(path: string, body: Record<string, string>): void {
  void fetch(path, { method: "POST", keepalive: true, headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) }).catch(() => {
    // nobody is shown that a report did not arrive
  });
}

/** reportView counts that a page was opened: its kind, nothing else. */
export const reportView = (page: Place["page"]): void => tell("/api/mall/v1/page-views", { page });

const told = new Told();

/** reportFailure tells the server that a script failed, once for each kind of failure. */
export function reportFailure(thrown: unknown): void {
  const failure = failureOf(thrown);
  if (!told.isNew(thrown, failure)) return;
  tell("/api/mall/v1/page-errors", { page: placeOf(location.pathname, "").page, ...failure });
}

/** watchFailures reports whatever nothing else catches. */
export function watchFailures(): void {
  addEventListener("error", (event) => {
    if (event.error) reportFailure(event.error); // without one it is a script of another origin, or no script at all
  });
  addEventListener("unhandledrejection", (event) => reportFailure(event.reason));
}
