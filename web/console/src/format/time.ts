// The server speaks UTC; people read their own clock.

function two(value: number): string {
  return String(value).padStart(2, "0");
}

// moment writes an instant by the reader's clock: 2026-11-20 16:05:09.
export function moment(instant: string | Date): string {
  const at = new Date(instant);
  return `${date(at)} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

// minute is moment without the seconds, and within the year of `now` without the year: 11-20 16:05.
export function minute(instant: string | Date, now = new Date()): string {
  const text = moment(instant).slice(0, -3);
  return text.startsWith(`${now.getFullYear()}-`) ? text.slice(5) : text;
}

function date(at: Date): string {
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}

// Span is a length of time in one unit.
export interface Span {
  value: number;
  unit: "ms" | "second" | "minute" | "hour" | "day";
}

const units = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
  ["second", 1000],
] as const;

// span says a length of time in the largest unit of which it has at least one, to one decimal below ten.
export function span(milliseconds: number): Span {
  for (const [unit, size] of units) {
    if (milliseconds >= size) {
      const value = milliseconds / size;
      return { unit, value: value < 10 ? Math.round(value * 10) / 10 : Math.round(value) };
    }
  }
  return { unit: "ms", value: Math.round(milliseconds) };
}

const chinaOffset = 8 * 3_600_000;

// chinaDay is the calendar day of UTC+08:00 in which the statistics count, `back` days before now: 2026-11-20.
export function chinaDay(back = 0, now = Date.now()): string {
  return new Date(now + chinaOffset - back * 86_400_000).toISOString().slice(0, 10);
}

// daysBetween lists the days from the first to the last, both included.
export function daysBetween(from: string, to: string): string[] {
  const days: string[] = [];
  for (let at = Date.parse(from); at <= Date.parse(to); at += 86_400_000) days.push(new Date(at).toISOString().slice(0, 10));
  return days;
}
