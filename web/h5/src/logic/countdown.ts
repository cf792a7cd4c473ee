/** What is left until an instant, in whole seconds, rounded up: 0 is shown only when it is over. */
export interface Left {
  over: boolean;
  days: number;
  hours: number;
  minutes: number;
  seconds: number;
}

const minute = 60;
const hour = 60 * minute;
const day = 24 * hour;

/** leftUntil counts from one instant to another, both in milliseconds. */
export function leftUntil(end: number, now: number): Left {
  const s = Math.max(0, Math.ceil((end - now) / 1000));
  return {
    over: s === 0,
    days: Math.floor(s / day),
    hours: Math.floor((s % day) / hour),
    minutes: Math.floor((s % hour) / minute),
    seconds: s % minute,
  };
}

const two = (n: number) => String(n).padStart(2, "0");

/** clock prints hours, minutes and seconds; days are for the caller, who knows the language. */
export function clock(left: Left): string {
  return `${two(left.hours)}:${two(left.minutes)}:${two(left.seconds)}`;
}

/** minutesClock prints a span of less than an hour as 14:05, a longer one like clock. */
export function minutesClock(left: Left): string {
  return left.days + left.hours > 0 ? clock({ ...left, hours: left.hours + 24 * left.days }) : `${two(left.minutes)}:${two(left.seconds)}`;
}
