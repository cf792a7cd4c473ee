import type { Engine } from "../../api/client";

type Plan = Engine["Plan"];

// payPrice is what a piece costs by a plan, in fen (docs/rules.md): never below 1 fen, never above the original price.
// The server decides; this is for looking at a form that is not saved yet. Undefined: the plan is not complete.
export function payPrice(plan: Plan | undefined, original: number): number | undefined {
  const price = planned(plan, original);
  return price === undefined ? undefined : Math.min(original, Math.max(1, price));
}

function planned(plan: Plan | undefined, original: number): number | undefined {
  switch (plan?.kind) {
    case "reduce":
      return plan.off_fen === undefined ? undefined : original - plan.off_fen;
    case "threshold":
      if (plan.off_fen === undefined || plan.from_fen === undefined) return undefined;
      return original >= plan.from_fen ? original - plan.off_fen : original;
    case "percent":
      return plan.share_bp === undefined ? undefined : Math.floor((original * plan.share_bp + 5000) / 10000);
    case "fixed":
      return plan.price_fen;
    default:
      return undefined;
  }
}

interface Priced {
  rules?: { plan?: Plan; tag?: string }[];
  leader_discount_fen?: number;
  tiers?: { size?: number; plan?: Plan }[];
}

export interface Preview {
  // everybody: the price of those with no tag; opener: of who opens a team.
  everybody?: number;
  opener?: number;
  tagged: { tag: string; price: number }[];
  tiers: { size: number; price: number }[];
}

// preview prices a piece by a form: the lowest of the rules for everybody, and each tag's own where it is lower.
export function preview({ rules = [], leader_discount_fen = 0, tiers = [] }: Priced, original: number): Preview {
  const price = (plan: Plan | undefined) => payPrice(plan, original);
  const open = rules.filter((rule) => !rule.tag).map((rule) => price(rule.plan)).filter((fen) => fen !== undefined);
  const everybody = open.length > 0 ? Math.min(...open) : undefined;
  const tagged = rules.flatMap(({ tag, plan }) => {
    const fen = tag ? price(plan) : undefined;
    return tag && fen !== undefined && fen < (everybody ?? original) ? [{ tag, price: fen }] : [];
  });
  return {
    everybody,
    opener: everybody === undefined ? undefined : Math.max(1, everybody - leader_discount_fen),
    tagged,
    tiers: tiers.flatMap(({ size, plan }) => {
      const fen = price(plan);
      return size && fen !== undefined ? [{ size, price: fen }] : [];
    }),
  };
}
