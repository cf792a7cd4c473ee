import { expect, test } from "vitest";
import { Refused, Unreached } from "../src/api/client";
import { failureOf, Told } from "../src/logic/report";

test("a failure is told within the server's bounds, and without queries", () => {
  const thrown = new TypeError(`no ${"长".repeat(600)}`);
  thrown.stack = `at https://shop.example/assets/index.js?order=ord_1#x:1:20)\n${"s".repeat(5000)}`;
  const { message, stack } = failureOf(thrown);
  expect(Array.from(message)).toHaveLength(500);
  expect(message).toMatch(/^TypeError: no 长/);
  expect(Array.from(stack)).toHaveLength(4000);
  expect(stack).toMatch(/^at https:\/\/shop.example\/assets\/index.js:1:20\)\n/);
});

test("whatever can be thrown is told", () => {
  expect(failureOf("gone")).toEqual({ message: "thrown: gone", stack: "" });
  for (const thrown of [undefined, null, 7, { password: "x" }]) expect(failureOf(thrown).message).toBe(`thrown: ${typeof thrown}`);
});

test("a visit tells each failure once, and ten at most; a server's no is none", () => {
  const told = new Told();
  const isNew = (thrown: unknown) => told.isNew(thrown, failureOf(thrown));
  expect(isNew(new Refused({ type: "", title: "", status: 409, code: "sold_out" }))).toBe(false);
  expect(isNew(new Unreached(undefined))).toBe(false);
  expect(isNew(new Error("a"))).toBe(true);
  expect(isNew(new Error("a"))).toBe(false);
  const more = Array.from({ length: 20 }, (_, i) => isNew(new Error(`b${i}`)));
  expect(more.filter(Boolean)).toHaveLength(9);
});
