import type { OrderInput } from "../api/client";

/**
 * An Intent is one wish to buy. Its key goes with every attempt to place the order, so that a double click, a reload
 * and a repeat after a lost answer all come to the same order. It lives as long as the browser's tab.
 */
export interface Shelf {
  getItem(name: string): string | null;
  setItem(name: string, value: string): void;
  removeItem(name: string): void;
}

const prefix = "kaituan.intent.";

/** nameOf is the same for the same wish; another quantity, team or price is another wish. */
const nameOf = (input: OrderInput): string =>
  prefix + [input.mode, input.product_id, input.sku_id, input.quantity ?? 1, input.activity_id ?? "", input.team_id ?? "", input.expected_price_fen ?? ""].join("/");

function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16)); // randomUUID is for https only
  return `h5-${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

/** keyOf returns the key of a wish, the same one until it is forgotten. */
export function keyOf(input: OrderInput, shelf: Shelf): string {
  try {
    const kept = shelf.getItem(nameOf(input));
    if (kept) return kept;
    const key = newKey();
    shelf.setItem(nameOf(input), key);
    return key;
  } catch {
    return newKey(); // storage is off: a repeat after a lost answer may then order twice, and the second closes unpaid
  }
}

/** forget ends a wish: it was fulfilled, or refused for good. The same things may be wished for again. */
export function forget(input: OrderInput, shelf: Shelf): void {
  try {
    shelf.removeItem(nameOf(input));
  } catch {
    // see keyOf
  }
}
