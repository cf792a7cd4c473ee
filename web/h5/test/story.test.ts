import { describe, expect, test } from "vitest";
import type { Order, OrderView, Schema } from "../src/api/client";
import { refundable, storyOf, whyKey } from "../src/logic/story";

const order = (change: Partial<Order>): Order => ({
  order_id: "ord_1", buyer_id: "acc_1", mode: "group", status: "teaming", product_id: "p", product_name: "杯", sku_id: "s", sku_name: "青", quantity: 1,
  original_price_fen: 9900, amount_fen: 7900, placed_at: "2026-06-01T00:00:00.000Z", expires_at: "2026-06-01T00:15:00.000Z", ...change,
});
const payment = (status: Schema["PaymentStatus"]): Schema["Payment"] => ({
  payment_id: "pay_1", order_id: "ord_1", method: "phone", status, amount_fen: 7900, created_at: "2026-06-01T00:00:00.000Z", expires_at: "2026-06-01T00:15:00.000Z",
});
const refund = (status: Schema["RefundStatus"]): Schema["Refund"] => ({
  refund_no: "rf_1", intent: "full", payment_id: "pay_1", order_id: "ord_1", status, amount_fen: 7900, reason: "late_payment", created_at: "2026-06-01T00:20:00.000Z",
});
const view = (change: Partial<Order>, more: Partial<OrderView> = {}): OrderView => ({
  order: order(change), timeline: [], payments: [], refunds: [], server_time: "2026-06-01T00:00:00.000Z", ...more,
});
const team = { target: 3, paid: 1, expires_at: "2026-06-02T00:00:00.000Z" };

describe("where an order stands", () => {
  test.each([
    ["the engine is asked", view({ status: "created" }), "story_created", false, true],
    ["to be paid", view({ status: "awaiting_payment" }), "story_unpaid", true, true],
    ["paid, and not settled yet", view({ status: "paid" }), "story_paid", false, true],
    ["in a team that is not known", view({ status: "teaming" }), "story_teaming", false, true],
    ["the team is full", view({ status: "to_ship" }), "story_to_ship_group", false, true],
    ["bought alone", view({ status: "to_ship", mode: "solo" }), "story_to_ship", false, true],
    ["sent", view({ status: "shipped", tracking: "SIM_1" }), "story_shipped", false, false],
    ["money on its way", view({ status: "refunding", reason: "team_failed" }), "story_refunding", false, true],
    ["money back", view({ status: "refunded", reason: "team_failed" }), "story_refunded", false, false],
    ["never paid", view({ status: "closed", reason: "not_paid_in_time" }), "story_closed_unpaid", false, false],
    ["paid too late, money on its way", view({ status: "closed", reason: "not_paid_in_time" }, { refunds: [refund("submitted")] }), "story_closed", false, true],
    ["paid too late, money back", view({ status: "closed", reason: "not_paid_in_time" }, { refunds: [refund("succeeded")] }), "story_closed", false, false],
  ])("%s", (_, given, title, payable, open) => {
    expect(storyOf(given)).toMatchObject({ title: { key: title }, payable, open });
  });

  test("who comes back from the cashier hears that Alipay is asked; who looks at the order, that it is to be paid", () => {
    const paying = view({ status: "awaiting_payment" }, { payments: [payment("pending")] });
    expect(storyOf(paying, undefined, true).title.key).toBe("story_asking");
    expect(storyOf(paying).title.key).toBe("story_unpaid");
    expect(storyOf(view({ status: "awaiting_payment" }, { payments: [payment("closed")] }), undefined, true).title.key).toBe("story_unpaid");
  });

  test("a team that waits says for how many and until when", () => {
    const story = storyOf(view({ status: "teaming" }), team);
    expect(story.title).toEqual({ key: "story_teaming_n", values: { n: 2 } });
    expect(story.lines[0]).toEqual({ key: "story_teaming_text", time: team.expires_at });
    expect(storyOf(view({ status: "teaming" }), { ...team, paid: 3 }).title.key).toBe("story_teaming");
  });

  test("an end says why, in the server's words first", () => {
    expect(storyOf(view({ status: "closed", reason: "team_full", reason_text: "该团已满员" })).lines[0]).toEqual({ key: "story_why", why: "why_team_full", whyText: "该团已满员" });
  });
});

test("every reason has words, also one that nobody has heard of", () => {
  expect(whyKey("team_did_not_fill")).toBe("why_team_failed");
  expect(whyKey("limit_total")).toBe("why_limit");
  expect(whyKey("something_new")).toBe("why_other");
  expect(whyKey()).toBe("why_other");
});

test("money can be asked back from paid until sent", () => {
  const can = (["created", "awaiting_payment", "paid", "teaming", "to_ship", "shipped", "closed", "refunding", "refunded"] as const).filter((status) => refundable(order({ status })));
  expect(can).toEqual(["paid", "teaming", "to_ship"]);
});
