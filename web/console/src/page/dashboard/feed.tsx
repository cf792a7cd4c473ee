import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { mall, take } from "../../api/client";
import { Section } from "../../part/section";
import { State } from "../../part/state";
import { Ago, Money } from "../../part/value";
import { useSpeaker } from "../../text/language";

const shown = 10;
const pace = 5_000;

// Feed shows the latest orders of the shop as they come.
export function Feed() {
  const { t, term } = useSpeaker();
  const { data } = useQuery({
    queryKey: ["orders", "feed"],
    refetchInterval: pace,
    queryFn: async () => (await take(mall.GET("/api/mall/admin/v1/orders", { params: { query: { limit: shown } } }))).items,
  });
  if (!data || data.length === 0) return null;
  return (
    <Section title={t("feed.title")} extra={<Link to="/orders">{t("nav.orders")}</Link>}>
      <ol className="feed">
        {data.map((order) => (
          <li key={order.order_id}>
            <Link to={`/orders/${order.order_id}`} className="feed-what">{order.product_name}</Link>
            <Money fen={order.amount_fen} />
            <span className="feed-more"><Ago at={order.placed_at} /> · {term("mode", order.mode)}</span>
            <State of="orderState" value={order.status} />
          </li>
        ))}
      </ol>
    </Section>
  );
}
