import { Refused, Unreached } from "../api/client";

/** Failure is what a page tells the server of a script that failed. */
export interface Failure {
  message: string;
  stack: string;
}

// The server's bounds, in characters, and how much one visit may tell: a page that fails in a loop says nothing new.
const longestMessage = 500;
const longestStack = 4000;
const mostOfAVisit = 10;

/** failureOf describes what was thrown, without what a visitor typed or may keep to themselves. */
export function failureOf(thrown: unknown): Failure {
  if (!(thrown instanceof Error)) return { message: cut(`thrown: ${typeof thrown === "string" ? thrown : typeof thrown}`, longestMessage), stack: "" };
  return { message: cut(bare(`${thrown.name}: ${thrown.message}`), longestMessage), stack: cut(bare(thrown.stack ?? ""), longestStack) };
}

/** bare leaves out queries and fragments of addresses: ids of orders and words of a search stand there. */
const bare = (text: string): string => text.replace(/[?#][^\s:)]*/g, "");

function cut(text: string, most: number): string {
  const signs = Array.from(text);
  return signs.length > most ? signs.slice(0, most).join("") : text;
}

/** Told remembers what a visit has reported. */
export class Told {
  readonly #messages = new Set<string>();

  /** New says whether a failure is worth a report: not reported before, none of too many, and a fault of the page at all. */
  isNew(thrown: unknown, { message }: Failure): boolean {
    if (thrown instanceof Refused || thrown instanceof Unreached) return false; // the server's no, or the network's
    if (this.#messages.has(message) || this.#messages.size >= mostOfAVisit) return false;
    this.#messages.add(message);
    return true;
  }
}
