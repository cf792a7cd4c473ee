import type { Key } from "../text/text";
import type { Order, OrderView, Schema } from "../api/client";

/** Tone says which colour and picture a story gets. */
export type Tone = "wait" | "good" | "bad" | "pay";

/** A line is a text with its values; instants are milliseconds and are printed by the page. */
export interface Line {
  key: Key;
  values?: Record<string, string | number>;
  time?: string; // fills {time}
  why?: Key; // fills {why}
  whyText?: string; // fills {why} too, where the server has said it in words
}

/** A Story tells where an order stands, from the server's words only. */
export interface Story {
  title: Line;
  lines: Line[];
  tone: Tone;
  payable: boolean; // the buyer may still pay
  open: boolean; // it will go on by itself, so it is worth following
}

/** Part of a team that a story needs. */
export type TeamPart = Pick<Schema["Team"], "target" | "paid" | "expires_at">;

/**
 * storyOf tells where an order stands. Team is the order's, where it is known. Back says that the buyer comes from the
 * cashier, and so wants to know what became of the payment rather than that there is one to make.
 */
export function storyOf({ order, payments, refunds }: OrderView, team?: TeamPart, back = false): Story {
  const tell = (tone: Tone, key: Key, lines: Line[], more: Partial<Story> = {}): Story => ({
    title: { key }, lines, tone, payable: false, open: false, ...more,
  });
  switch (order.status) {
    case "created":
      return tell("wait", "story_created", [{ key: "story_created_text" }], { open: true });
    case "awaiting_payment": {
      const asking = back && payments.some((payment) => payment.status === "pending");
      const line: Line = { key: asking ? "story_asking_text" : "story_unpaid_text", time: order.expires_at ?? "" };
      return tell("pay", asking ? "story_asking" : "story_unpaid", [line], { payable: true, open: true });
    }
    case "paid":
      return tell("wait", "story_paid", [{ key: "story_created_text" }], { open: true });
    case "teaming":
      return storyOfTeaming(tell, team);
    case "to_ship":
      return tell("good", order.mode === "group" ? "story_to_ship_group" : "story_to_ship", [{ key: "story_to_ship_text" }], { open: true });
    case "shipped":
      return tell("good", "story_shipped", [{ key: "story_shipped_text", values: { tracking: order.tracking ?? "" } }]);
    case "refunding":
      return tell("bad", "story_refunding", [whyLine(order), { key: "story_refunding_text" }], { open: true });
    case "refunded":
      return tell("bad", "story_refunded", [whyLine(order), { key: "story_refunded_text" }]);
    case "closed": {
      const owed = refunds.some((refund) => refund.status !== "succeeded");
      const lines = refunds.length > 0 ? [whyLine(order), { key: "story_closed_paid_text" } as Line] : [whyLine(order)];
      return tell("bad", refunds.length > 0 ? "story_closed" : "story_closed_unpaid", lines, { open: owed });
    }
  }
}

function storyOfTeaming(tell: (tone: Tone, key: Key, lines: Line[], more?: Partial<Story>) => Story, team?: TeamPart): Story {
  const missing = team ? team.target - team.paid : 0;
  if (!team || missing <= 0) return tell("wait", "story_teaming", [], { open: true });
  const story = tell("wait", "story_teaming_n", [{ key: "story_teaming_text", time: team.expires_at }], { open: true });
  story.title.values = { n: missing };
  return story;
}

const whyLine = (order: Order): Line => ({ key: "story_why", why: whyKey(order.reason), whyText: order.reason_text });

/** whyKey says in words why an order ended: the shop's own reasons, and those of the engine that buyers meet. */
export function whyKey(reason = ""): Key {
  const known: Record<string, Key> = {
    buyer_cancelled: "why_buyer_cancelled", cancelled: "why_buyer_cancelled", not_paid_in_time: "why_not_paid_in_time",
    seat_deadline: "why_not_paid_in_time", seat_lost: "why_seat_lost", late_payment: "why_late_payment", paid_twice: "why_paid_twice",
    team_failed: "why_team_failed", team_did_not_fill: "why_team_failed", refund_asked: "why_refund_asked",
    operator_refund: "why_operator_refund", tier_reached: "why_tier_reached", team_full: "why_team_full", team_expired: "why_team_expired",
    team_not_forming: "why_team_not_forming", price_changed: "why_price_changed", sold_out: "why_sold_out", stock_out: "why_sold_out",
    limit_open: "why_limit", limit_join: "why_limit", limit_total: "why_limit", already_in_team: "why_already_in_team",
    activity_not_open: "why_activity_not_open", audience: "why_audience", buyer_denied: "why_audience", rolled_out: "why_audience",
    new_buyers_only: "why_new_buyers_only",
  };
  return known[reason] ?? "why_other";
}

/** refundable says whether the buyer may ask for the money back: paid, and not sent yet. */
export const refundable = (order: Order): boolean => ["paid", "teaming", "to_ship"].includes(order.status);
