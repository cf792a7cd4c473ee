import { describe, expect, it } from "vitest";
import { patch, pick } from "../src/list/filters";
import { rangeOf } from "../src/page/statistics/range";
import { guess } from "../src/search/find";
import { linkOf } from "../src/search/link";

describe("filters in the address", () => {
  it("are read without blanks and without empty ones", () => {
    expect(pick(new URLSearchParams("state=paid&buyer_id=%20u1%20&login=&other=1"), ["state", "buyer_id", "login"])).toEqual({ state: "paid", buyer_id: "u1" });
  });
  it("change one by one and leave foreign parameters alone", () => {
    const next = patch(new URLSearchParams("a=1&b=2&tab=x"), { a: undefined, b: " 3 ", c: "" });
    expect(next.toString()).toBe("b=3&tab=x");
  });
});

describe("the range of days", () => {
  const now = Date.UTC(2026, 10, 20, 4);
  it.each([
    [undefined, undefined, "2026-10-22", "2026-11-20"],
    ["2026-11-01", "2026-11-05", "2026-11-01", "2026-11-05"],
    ["2026-11-06", "2026-11-05", "2026-10-07", "2026-11-05"],
    ["yesterday", "2026-11-05", "2026-10-07", "2026-11-05"],
  ])("from %s to %s is %s to %s", (from, to, first, last) => expect(rangeOf(from, to, now)).toEqual({ from: first, to: last }));
});

describe("an id that says what it is", () => {
  it.each([
    ["act_1", "/activities/act_1"], ["team_1", "/teams/team_1"], ["tag_1", "/tags/tag_1"], ["ord_1", "/orders/ord_1"], ["pay_1", "/payments?payment_id=pay_1"],
    ["2026-11-20", "/bills/2026-11-20"], ["u1001", null], ["13800000000", null],
  ])("%s opens %s", (id, page) => expect(linkOf(id)).toBe(page));
  it("is found without asking", () => {
    expect(guess("team_1")).toEqual([{ to: "/teams/team_1", kind: "seek.team", text: "team_1" }]);
    expect(guess("ord_1")).toEqual([]); // an order is asked for: it may also be a place in a team
  });
});
