import { useSyncExternalStore } from "react";
import { clock, leftUntil, minutesClock } from "../logic/countdown";
import { serverTime } from "../logic/servertime";
import { useSay, useSpeech } from "../text/text";

// One tick for all countdowns of a page, and none while nobody looks.
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;
let tick = 0;

function beat() {
  if (document.hidden) return;
  tick++;
  for (const notify of listeners) notify();
}

function subscribe(notify: () => void): () => void {
  listeners.add(notify);
  if (listeners.size === 1) {
    timer = setInterval(beat, 1000);
    document.addEventListener("visibilitychange", beat);
  }
  return () => {
    listeners.delete(notify);
    if (listeners.size === 0) {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", beat);
    }
  };
}

/** useNow is the server's time in milliseconds, anew each second. */
export function useNow(): number {
  useSyncExternalStore(subscribe, () => tick);
  return serverTime.now();
}

/** Countdown shows what is left until an instant. It is not read aloud each second. */
export function Countdown({ until, short = false }: { until: string; short?: boolean }) {
  const say = useSay();
  const left = leftUntil(Date.parse(until), useNow());
  const text = short ? minutesClock(left) : (left.days > 0 ? say("days", { n: left.days }) : "") + clock(left);
  return (
    <span className="countdown" role="timer" aria-live="off">
      {text}
    </span>
  );
}

/** useClock prints instants as buyers read them, by their own clock. */
export function useClock(): (instant: string | undefined) => string {
  const { language } = useSpeech();
  return (instant) => {
    const at = instant ? new Date(instant) : undefined;
    if (!at || Number.isNaN(at.getTime())) return "";
    return new Intl.DateTimeFormat(language, { month: "numeric", day: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(at);
  };
}
