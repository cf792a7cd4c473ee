import { useEffect, useRef, type RefObject } from "react";

/** How often an open matter is asked about, in milliseconds, while nothing tells us by itself. */
export const pollEvery = 2000;

/** How often while the server tells: in case it forgets us without saying so. */
const pollRarely = 20_000;

const reopenAfter = 15_000;

/** How often to ask: seldom while the stream is open. */
export const pace = (live: RefObject<boolean>): number => (live.current ? pollRarely : pollEvery);

/**
 * useLive is told by the server when something has changed, as long as path is not empty and somebody looks at the
 * page. It notes in live whether the stream is open.
 */
export function useLive(path: string, live: RefObject<boolean>, changed: () => void): void {
  const latest = useRef(changed);
  latest.current = changed;
  useEffect(() => {
    if (!path) return;
    return watch(path, () => latest.current(), (open) => (live.current = open));
  }, [path, live]);
}

/** watch keeps a stream open while the page is looked at, and returns how to end it. */
function watch(path: string, changed: () => void, tell: (open: boolean) => void): () => void {
  let stream: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const close = () => {
    clearTimeout(timer);
    stream?.close();
    stream = undefined;
    tell(false);
  };
  const open = () => {
    close();
    if (document.hidden) return; // a browser has few connections to one server, and other tabs want theirs
    stream = new EventSource(path);
    stream.onopen = () => tell(true);
    stream.addEventListener("changed", changed);
    stream.onerror = () => {
      tell(false);
      // Cut off, the browser opens it again by itself; refused, it does not.
      if (stream?.readyState === EventSource.CLOSED) timer = setTimeout(open, reopenAfter);
    };
  };
  open();
  document.addEventListener("visibilitychange", open);
  return () => {
    document.removeEventListener("visibilitychange", open);
    close();
  };
}
