import { expect, test } from "vitest";
import type { OrderInput } from "../src/api/client";
import { forget, keyOf, type Shelf } from "../src/logic/intent";

const shelf = (): Shelf => {
  const kept = new Map<string, string>();
  return { getItem: (name) => kept.get(name) ?? null, setItem: (name, value) => void kept.set(name, value), removeItem: (name) => void kept.delete(name) };
};
const wish: OrderInput = { mode: "group", product_id: "p", sku_id: "s", quantity: 2, activity_id: "act_1", expected_price_fen: 7900 };

test("one wish has one key, however often it is sent", () => {
  const kept = shelf();
  const key = keyOf(wish, kept);
  expect(key).toMatch(/^[A-Za-z0-9_.-]{1,64}$/);
  expect(keyOf({ ...wish }, kept)).toBe(key);
});

test.each<[string, Partial<OrderInput>]>([
  ["a quantity", { quantity: 3 }], ["a team", { team_id: "team_1" }], ["a price", { expected_price_fen: 8900 }], ["a SKU", { sku_id: "t" }],
])("another %s is another wish", (_, change) => {
  const kept = shelf();
  expect(keyOf({ ...wish, ...change }, kept)).not.toBe(keyOf(wish, kept));
});

test("what was fulfilled or refused may be wished for again", () => {
  const kept = shelf();
  const key = keyOf(wish, kept);
  forget(wish, kept);
  expect(keyOf(wish, kept)).not.toBe(key);
});

test("a browser that keeps nothing can still buy", () => {
  const none: Shelf = {
    getItem: () => { throw new Error("denied"); },
    setItem: () => { throw new Error("denied"); },
    removeItem: () => { throw new Error("denied"); },
  };
  expect(keyOf(wish, none)).toMatch(/^h5-/);
  forget(wish, none);
});
