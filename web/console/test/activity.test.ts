import dayjs from "dayjs";
import { describe, expect, it } from "vitest";
import { blank, cleanPlan, fromActivity, names, toInput } from "../src/page/activity/draft";
import { payPrice, preview } from "../src/page/activity/price";

describe("the price of a plan", () => {
  it.each([
    [{ kind: "reduce", off_fen: 2000 }, 9900, 7900],
    [{ kind: "reduce", off_fen: 99999 }, 9900, 1],
    [{ kind: "threshold", from_fen: 10000, off_fen: 2000 }, 9999, 9999],
    [{ kind: "threshold", from_fen: 10000, off_fen: 2000 }, 10000, 8000],
    [{ kind: "percent", share_bp: 8000 }, 9999, 7999],
    [{ kind: "percent", share_bp: 5000 }, 1, 1],
    [{ kind: "fixed", price_fen: 20000 }, 9900, 9900],
    [{ kind: "fixed", price_fen: 990 }, 9900, 990],
    [{ kind: "reduce" }, 9900, undefined],
    [{ kind: "threshold", off_fen: 1 }, 9900, undefined],
    [undefined, 9900, undefined],
  ] as const)("%j of %d fen is %s", (plan, original, price) => expect(payPrice(plan, original)).toBe(price));

  it("is the lowest for everybody, lower for the opener, and a tag's own only where it is lower", () => {
    const rules = [
      { plan: { kind: "reduce", off_fen: 1000 } as const },
      { plan: { kind: "fixed", price_fen: 8000 } as const },
      { plan: { kind: "fixed", price_fen: 7000 } as const, tag: "vip" },
      { plan: { kind: "fixed", price_fen: 8500 } as const, tag: "new" },
    ];
    const seen = preview({ rules, leader_discount_fen: 300, tiers: [{ size: 5, plan: { kind: "fixed", price_fen: 6000 } }, { size: 9 }] }, 9900);
    expect(seen).toEqual({ everybody: 8000, opener: 7700, tagged: [{ tag: "vip", price: 7000 }], tiers: [{ size: 5, price: 6000 }] });
  });
  it("is unknown while the form has no complete plan", () => {
    expect(preview({ rules: [{ plan: { kind: "reduce" } }] }, 9900)).toEqual({ everybody: undefined, opener: undefined, tagged: [], tiers: [] });
  });
});

describe("the form of an activity", () => {
  it("forgets what belongs to another kind of plan", () => {
    expect(cleanPlan({ kind: "fixed", price_fen: 1, off_fen: 2, share_bp: 3 })).toEqual({ kind: "fixed", price_fen: 1 });
  });
  it("reads lists however they were pasted", () => {
    expect(names("u1, u2，u3\nu4;u1 \n\n")).toEqual(["u1", "u2", "u3", "u4"]);
  });
  it("says a draft of the server as it was", () => {
    const input = toInput({ ...blank(dayjs("2026-11-20T00:00:00Z")), name: " 茶 ", goods: ["tea"], allow: "u1 u2", see: "tag_a", limits: { open: 2 } });
    expect(input).toMatchObject({
      name: "茶", starts_at: "2026-11-20T00:00:00.000Z", ends_at: "2026-12-04T00:00:00.000Z", team_ttl_seconds: 86400, seat_ttl_seconds: 900,
      limits: { open: 2, join: 0, total: 0 }, audience: { see: "tag_a" }, allow_buyers: ["u1", "u2"],
    });
    const server = { ...input, activity_id: "act_1" } as unknown as Parameters<typeof fromActivity>[0];
    expect(toInput(fromActivity(server))).toEqual(input);
  });
});
