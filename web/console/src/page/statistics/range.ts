import { chinaDay } from "../../format/time";

const day = /^\d{4}-\d\d-\d\d$/;
const usual = 30; // days that are shown when nobody chose

// rangeOf reads a range of days from an address; what is missing or no day becomes the last thirty days.
export function rangeOf(from: string | undefined, to: string | undefined, now = Date.now()): { from: string; to: string } {
  const last = to && day.test(to) ? to : chinaDay(0, now);
  const first = from && day.test(from) && from <= last ? from : new Date(Date.parse(last) - (usual - 1) * 86_400_000).toISOString().slice(0, 10);
  return { from: first, to: last };
}
