import { useEffect, useSyncExternalStore, type AnchorHTMLAttributes, type MouseEvent } from "react";
import routes from "./routes.json";

/** Page names a page; its address is in routes.json, which the server reads too. */
export type Page = keyof typeof routes;

/** Place is where the visitor is. */
export interface Place {
  page: Page | "missing";
  id: string; // of what the page is about, where its address has one
  query: URLSearchParams;
  href: string; // path and query
}

/** placeOf reads an address. */
export function placeOf(path: string, search: string): Place {
  const place = { id: "", query: new URLSearchParams(search), href: path + search };
  for (const [page, pattern] of Object.entries(routes)) {
    if (pattern === path) return { ...place, page: page as Page };
    const before = pattern.endsWith("/*") ? pattern.slice(0, -1) : "";
    const rest = path.slice(before.length);
    if (before && path.startsWith(before) && rest !== "" && !rest.includes("/")) return { ...place, page: page as Page, id: decode(rest) };
  }
  return { ...place, page: "missing" };
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part; // a broken escape is somebody's typing; it will be found nowhere
  }
}

/** to makes the address of a page. Values that are undefined are left out of the query. */
export function to(page: Page, id = "", query: Record<string, string | number | undefined> = {}): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) search.set(name, String(value));
  const text = search.toString();
  return routes[page].replace("*", encodeURIComponent(id)) + (text ? `?${text}` : "");
}

/** safeNext returns an address to go on to only when it is a page of ours: nobody is sent elsewhere by a link. */
export function safeNext(next: string | null): string {
  if (!next?.startsWith("/") || next.startsWith("//") || next.includes("\\")) return "/";
  return next;
}

const moved = "kaituan:moved";

/** go opens an address of ours; with replace, Back leads to where the visitor was before the page now shown. */
export function go(href: string, options: { replace?: boolean } = {}): void {
  if (options.replace) history.replaceState(history.state, "", href);
  else history.pushState({ deep: depth() + 1 }, "", href);
  dispatchEvent(new Event(moved));
}

/** How many pages of ours lie behind this one. */
const depth = (): number => (history.state as { deep?: number } | null)?.deep ?? 0;

/** goBack goes back, or, for who came straight here by a link, to a page that makes sense. */
export function goBack(otherwise: string): void {
  if (depth() > 0) history.back();
  else go(otherwise, { replace: true });
}

function subscribe(notify: () => void): () => void {
  addEventListener("popstate", notify);
  addEventListener(moved, notify);
  return () => {
    removeEventListener("popstate", notify);
    removeEventListener(moved, notify);
  };
}

/** usePlace follows the address. */
export function usePlace(): Place {
  const href = useSyncExternalStore(subscribe, () => location.pathname + location.search);
  const cut = href.indexOf("?");
  return cut < 0 ? placeOf(href, "") : placeOf(href.slice(0, cut), href.slice(cut));
}

/** A new page starts at its top, and its heading is what a screen reader reads next. */
export function useArrival(href: string): void {
  useEffect(() => {
    const path = href.split("?")[0];
    if (useArrivalMemory.path !== undefined && useArrivalMemory.path !== path) {
      scrollTo(0, 0);
      document.querySelector<HTMLElement>("main")?.focus({ preventScroll: true });
    }
    useArrivalMemory.path = path;
  }, [href]);
}

const useArrivalMemory: { path?: string } = {};

/** Link opens a page of ours without loading everything again. */
export function Link({ href, onClick, replace, ...rest }: AnchorHTMLAttributes<HTMLAnchorElement> & { href: string; replace?: boolean }) {
  const follow = (event: MouseEvent<HTMLAnchorElement>) => {
    onClick?.(event);
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    go(href, { replace });
  };
  return <a href={href} onClick={follow} {...rest} />;
}
