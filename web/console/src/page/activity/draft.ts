import dayjs, { type Dayjs } from "dayjs";
import type { Engine } from "../../api/client";

type Plan = Engine["Plan"];

// Draft is what the wizard's form holds: an activity as people fill it in.
export interface Draft {
  partner_id: string;
  name: string;
  goods: string[];
  channels: string[];
  rules: { plan: Plan; tag?: string }[];
  leader_discount_fen?: number;
  tiers: { size: number; plan: Plan }[];
  team_size: number;
  window?: [Dayjs, Dayjs];
  team_ttl_minutes: number;
  seat_ttl_minutes: number;
  close_teams_at_end: boolean;
  max_quantity: number;
  limits: { open?: number; join?: number; total?: number };
  stock: { goods_id: string; sku_id: string; pieces: number }[];
  see?: string;
  join?: string;
  allow: string;
  deny: string;
  blocked_channels: string[];
  rollout_percent: number;
  new_buyers_only: boolean;
  instant_tag?: string;
  min_real: number;
  buy_alone: boolean;
}

// blank is a new activity: a team of two within a day, from now for two weeks.
export function blank(now: Dayjs): Draft {
  const start = now.startOf("minute");
  return {
    partner_id: "mall", name: "", goods: [], channels: [], rules: [{ plan: { kind: "reduce" } }], tiers: [], team_size: 2,
    window: [start, start.add(14, "day")], team_ttl_minutes: 1440, seat_ttl_minutes: 15, close_teams_at_end: false,
    max_quantity: 1, limits: {}, stock: [], allow: "", deny: "", blocked_channels: [], rollout_percent: 100,
    new_buyers_only: false, min_real: 0, buy_alone: true,
  };
}

// fromActivity fills the form with a draft of the server.
export function fromActivity(activity: Engine["Activity"]): Draft {
  const { starts_at, ends_at, limits, audience } = activity;
  return {
    partner_id: activity.partner_id,
    name: activity.name,
    goods: activity.goods,
    channels: activity.channels,
    rules: activity.rules,
    leader_discount_fen: activity.leader_discount_fen || undefined,
    tiers: activity.tiers,
    team_size: activity.team_size,
    window: starts_at && ends_at ? [dayjs(starts_at), dayjs(ends_at)] : undefined,
    team_ttl_minutes: activity.team_ttl_seconds / 60,
    seat_ttl_minutes: activity.seat_ttl_seconds / 60,
    close_teams_at_end: activity.close_teams_at_end,
    max_quantity: activity.max_quantity,
    limits: { open: limits.open || undefined, join: limits.join || undefined, total: limits.total || undefined },
    stock: activity.stock,
    see: audience.see,
    join: audience.join,
    allow: (activity.allow_buyers ?? []).join("\n"),
    deny: (activity.deny_buyers ?? []).join("\n"),
    blocked_channels: activity.blocked_channels,
    rollout_percent: activity.rollout_percent,
    new_buyers_only: activity.new_buyers_only,
    instant_tag: activity.instant_tag,
    min_real: activity.min_real,
    buy_alone: activity.buy_alone,
  };
}

// names reads a list that people type or paste, one per line or separated by commas or blanks; each once.
export function names(text: string): string[] {
  return [...new Set(text.split(/[\s,，;；]+/).filter(Boolean))];
}

const fields: Record<Plan["kind"], (keyof Plan)[]> = {
  reduce: ["off_fen"],
  threshold: ["from_fen", "off_fen"],
  percent: ["share_bp"],
  fixed: ["price_fen"],
};

// cleanPlan leaves out what belongs to another kind of plan, which the form keeps while one tries kinds out.
export function cleanPlan(plan: Plan): Plan {
  const kept: Record<string, unknown> = { kind: plan.kind };
  for (const field of fields[plan.kind]) if (plan[field] != null) kept[field] = plan[field];
  return kept as Plan;
}

// toInput says the form in the API's words.
export function toInput(draft: Draft): Engine["ActivityInput"] {
  const [starts, ends] = draft.window ?? [];
  return {
    partner_id: draft.partner_id,
    name: draft.name.trim(),
    goods: draft.goods,
    channels: draft.channels,
    rules: draft.rules.map(({ plan, tag }) => (tag ? { plan: cleanPlan(plan), tag } : { plan: cleanPlan(plan) })),
    leader_discount_fen: draft.leader_discount_fen || undefined,
    tiers: draft.tiers.map(({ size, plan }) => ({ size, plan: cleanPlan(plan) })),
    team_size: draft.team_size,
    starts_at: starts?.toISOString(),
    ends_at: ends?.toISOString(),
    team_ttl_seconds: Math.round(draft.team_ttl_minutes * 60),
    seat_ttl_seconds: Math.round(draft.seat_ttl_minutes * 60),
    close_teams_at_end: draft.close_teams_at_end,
    max_quantity: draft.max_quantity,
    limits: { open: draft.limits.open ?? 0, join: draft.limits.join ?? 0, total: draft.limits.total ?? 0 },
    stock: draft.stock,
    audience: { see: draft.see || undefined, join: draft.join || undefined },
    allow_buyers: names(draft.allow),
    deny_buyers: names(draft.deny),
    blocked_channels: draft.blocked_channels,
    rollout_percent: draft.rollout_percent,
    new_buyers_only: draft.new_buyers_only,
    instant_tag: draft.instant_tag || undefined,
    min_real: draft.min_real,
    buy_alone: draft.buy_alone,
  };
}
