import type { Offer, ProductView, Sku, TeamCard } from "../api/client";

/** State is what a product is to this visitor now. */
export type State = "group" | "solo" | "sold_out" | "not_started" | "ended" | "refused" | "unknown";

/** offerOf is the group price of one SKU, if there is one to show. */
export const offerOf = (view: Pick<ProductView, "offers">, skuID: string): Offer | undefined => view.offers.find((offer) => offer.sku_id === skuID);

/** bestOffer is the lowest group price of a product: what a card shows. */
export function bestOffer({ offers }: Pick<ProductView, "offers">): Offer | undefined {
  return offers.reduce<Offer | undefined>((best, offer) => (best && best.price_fen <= offer.price_fen ? best : offer), undefined);
}

/** lowestSku is the cheapest SKU bought alone. */
export const lowestSku = (skus: readonly Sku[]): Sku | undefined =>
  skus.reduce<Sku | undefined>((best, sku) => (best && best.price_fen <= sku.price_fen ? best : sku), undefined);

/** stateOf says what a visitor can do with a product at an instant of the server's clock. */
export function stateOf(view: ProductView, now: number): State {
  if (view.product.skus.every((sku) => sku.stock === 0)) return "sold_out";
  if (!view.group_known) return "unknown";
  if (view.offers.some((offer) => offer.joinable)) return "group";
  const offer = bestOffer(view);
  if (offer && now < Date.parse(offer.starts_at)) return "not_started";
  if (offer && now >= Date.parse(offer.ends_at)) return "ended";
  if (offer?.reason === "stock_out") return "sold_out";
  return offer || view.refusal ? "refused" : "solo";
}

/** whyNot is the server's reason for a visitor who may not join, in the visitor's language; empty when it gave none. */
export const whyNot = (view: Pick<ProductView, "offers" | "refusal">): string =>
  view.offers.find((offer) => !offer.joinable && offer.reason_text)?.reason_text ?? view.refusal?.text ?? "";

/** missing says how many people a team waits for, and for what. */
export function missing(team: Pick<TeamCard, "status" | "target" | "paid" | "next_size">): { people: number; forLess: boolean } {
  if (team.status === "forming") return { people: Math.max(0, team.target - team.paid), forLess: false };
  return { people: team.next_size === undefined ? 0 : Math.max(0, team.next_size - team.paid), forLess: true };
}

/** full says whether no seat of a team is free: those who are paying right now have theirs. */
export const full = (team: Pick<TeamCard, "held" | "paid" | "capacity">): boolean => team.held + team.paid >= team.capacity;

/** most is how many pieces of a SKU one order may have. */
export function most(sku: Sku, offer: Offer | undefined): number {
  return Math.max(1, Math.min(sku.stock, offer ? offer.max_quantity : 99));
}
