import { describe, expect, test } from "vitest";
import type { Offer, ProductView } from "../src/api/client";
import { bestOffer, full, missing, most, stateOf, whyNot } from "../src/logic/deal";

const now = Date.UTC(2026, 5, 1);
const day = 86_400_000;
const at = (ms: number) => new Date(ms).toISOString();

const offer = (change: Partial<Offer> = {}): Offer => ({
  sku_id: "s", activity_id: "act_1", activity_name: "a", team_size: 3, max_quantity: 5, original_price_fen: 9900, deduction_fen: 2000, price_fen: 7900,
  leader_discount_fen: 0, instant: false, joinable: true, starts_at: at(now - day), ends_at: at(now + day), ...change,
});

const view = (change: Partial<ProductView> = {}): ProductView =>
  ({
    product: { product_id: "p", name: "杯", description: "", pictures: [], shelf: "on_shelf", skus: [{ sku_id: "s", name: "青", price_fen: 9900, stock: 5 }], created_at: at(now), updated_at: at(now) },
    group_known: true, buy_alone: true, offers: [offer()], teams: [], server_time: at(now), ...change,
  });

describe("what a product is to a visitor", () => {
  const closed = (change: Partial<Offer>) => view({ offers: [offer({ joinable: false, ...change })] });
  test.each([
    ["a deal", view(), "group"],
    ["one SKU of two has a deal", view({ offers: [offer({ joinable: false }), offer({ sku_id: "t" })] }), "group"],
    ["not started", closed({ reason: "activity_not_open", starts_at: at(now + 1) }), "not_started"],
    ["ended", closed({ reason: "activity_not_open", ends_at: at(now) }), "ended"],
    ["the deal's stock is out", closed({ reason: "stock_out" }), "sold_out"],
    ["not for this visitor", closed({ reason: "audience", reason_text: "仅限会员" }), "refused"],
    ["hidden from this visitor", view({ offers: [], refusal: { reason: "rolled_out", text: "暂未开放" } }), "refused"],
    ["no deal", view({ offers: [] }), "solo"],
    ["the engine is away", view({ group_known: false, offers: [] }), "unknown"],
    ["no pieces", view({ product: { ...view().product, skus: [{ sku_id: "s", name: "", price_fen: 1, stock: 0 }] } }), "sold_out"],
  ])("%s", (_, given, want) => {
    expect(stateOf(given, now)).toBe(want);
  });

  test("the server's own words say why not", () => {
    expect(whyNot(closed({ reason_text: "仅限会员" }))).toBe("仅限会员");
    expect(whyNot(view({ offers: [], refusal: { reason: "downgraded", text: "活动暂停" } }))).toBe("活动暂停");
    expect(whyNot(view())).toBe("");
  });

  test("a card shows the lowest price", () => {
    expect(bestOffer(view({ offers: [offer(), offer({ sku_id: "t", price_fen: 100 })] }))?.sku_id).toBe("t");
    expect(bestOffer(view({ offers: [] }))).toBeUndefined();
  });
});

describe("a team", () => {
  test("waits for those who have not paid, whoever is paying right now", () => {
    expect(missing({ status: "forming", target: 3, paid: 1 })).toEqual({ people: 2, forLess: false });
    expect(missing({ status: "forming", target: 3, paid: 5 })).toEqual({ people: 0, forLess: false });
    expect(missing({ status: "formed", target: 3, paid: 4, next_size: 10 })).toEqual({ people: 6, forLess: true });
    expect(missing({ status: "formed", target: 3, paid: 3 })).toEqual({ people: 0, forLess: true });
  });

  test("is full when every seat is held or paid", () => {
    expect(full({ held: 1, paid: 2, capacity: 3 })).toBe(true);
    expect(full({ held: 0, paid: 2, capacity: 3 })).toBe(false);
  });
});

test("one order has no more than the stock and the deal allow", () => {
  const sku = { sku_id: "s", name: "", price_fen: 1, stock: 3 };
  expect(most(sku, offer({ max_quantity: 5 }))).toBe(3);
  expect(most({ ...sku, stock: 100 }, offer({ max_quantity: 5 }))).toBe(5);
  expect(most({ ...sku, stock: 1000 }, undefined)).toBe(99);
  expect(most({ ...sku, stock: 0 }, undefined)).toBe(1);
});
