import { useQuery } from "@tanstack/react-query";
import { engine, mall, take, type Engine, type Mall } from "../api/client";

// mallPartner is the partner that our own shop is at the engine; its products are its goods, under the same ids.
export const mallPartner = "mall";

// usePartners lists all partners, which are few.
export function usePartners() {
  return useQuery({
    queryKey: ["partners"],
    staleTime: 60_000,
    queryFn: async () => (await take(engine.GET("/api/groupbuy/admin/v1/partners"))).items,
  });
}

// usePartnerOptions are the partners to choose from.
export function usePartnerOptions(): { value: string; label: string }[] {
  const { data = [] } = usePartners();
  return data.map((partner) => ({ value: partner.partner_id, label: `${partner.name} (${partner.partner_id})` }));
}

// useTagOptions are the crowd tags that an activity of the partner may name.
export function useTagOptions(partner: string | undefined): { value: string; label: string }[] {
  const { data = [] } = useQuery({
    queryKey: ["tags", "options", partner],
    queryFn: async () => (await take(engine.GET("/api/groupbuy/admin/v1/tags", { params: { query: { partner_id: partner, limit: 100 } } }))).items,
  });
  return data.map((tag) => ({ value: tag.tag_id, label: `${tag.name} (${tag.members})` }));
}

// useTagName gives the name of a tag by its id; the id itself while the tags are not there, or when it is none of them.
export function useTagName(partner: string | undefined): (id: string) => string {
  const options = useTagOptions(partner);
  return (id) => options.find((option) => option.value === id)?.label ?? id;
}

// Item is a piece of goods with the prices that its SKUs have alone.
export interface Item {
  goods_id: string;
  name: string;
  skus: { sku_id: string; name: string; original_price_fen: number }[];
}

function itemOf({ product }: Mall["ProductView"]): Item {
  const skus = product.skus.map((sku) => ({ sku_id: sku.sku_id, name: sku.name, original_price_fen: sku.price_fen }));
  return { goods_id: product.product_id, name: product.name, skus };
}

// useItems lists the goods of our own shop; other partners' goods are known to the engine by their ids only.
export function useItems(partner: string | undefined) {
  return useQuery({
    queryKey: ["products", "items"],
    enabled: partner === mallPartner,
    staleTime: 60_000,
    queryFn: async () => {
      const items: Item[] = [];
      let cursor: string | undefined;
      do {
        const page = await take(mall.GET("/api/mall/admin/v1/products", { params: { query: { cursor, limit: 100 } } }));
        items.push(...page.items.map(itemOf));
        cursor = page.has_more ? page.next_cursor : undefined;
      } while (cursor);
      return items;
    },
  });
}

// useActivity reads one activity.
export function useActivity(id: string | undefined) {
  return useQuery({
    queryKey: ["activity", id],
    enabled: id !== undefined,
    queryFn: () => take(engine.GET("/api/groupbuy/admin/v1/activities/{activity_id}", { params: { path: { activity_id: id! } } })),
  });
}

export type Activity = Engine["Activity"];
