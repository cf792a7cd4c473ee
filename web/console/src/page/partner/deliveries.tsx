import { Button } from "antd";
import { engine, take, type Engine } from "../../api/client";
import { useFilters } from "../../list/filters";
import { pageSize, usePages } from "../../list/pages";
import { List } from "../../list/table";
import { FilterBar, FilterChoice } from "../../list/filterbar";
import { useAct } from "../../part/act";
import { Ident } from "../../part/ident";
import { State } from "../../part/state";
import { Vacant } from "../../part/vacant";
import { When } from "../../part/value";
import { useMay } from "../../session/session";
import { useSpeaker } from "../../text/language";
import { DeliveryDrawer } from "./delivery";

type Delivery = Engine["Delivery"];
const states: Engine["DeliveryStatus"][] = ["pending", "delivered", "dead"];

// useReplay sends a delivery again.
export function useReplay(partner: string) {
  const { t } = useSpeaker();
  return useAct({
    run: (delivery_id: string) => take(engine.POST("/api/groupbuy/admin/v1/partners/{partner_id}/deliveries/{delivery_id}/replay", { params: { path: { partner_id: partner, delivery_id } } })),
    done: t("delivery.replayed"),
    touches: ["deliveries", "delivery", "audit"],
  });
}

// Deliveries is the log of what a partner was sent. The open one is in the address too.
export function Deliveries({ partner }: { partner: string }) {
  const { t, term } = useSpeaker();
  const may = useMay("operator");
  const [filters, change] = useFilters(["status", "delivery"] as const);
  const replay = useReplay(partner);
  const query = { status: filters.status as Engine["DeliveryStatus"] | undefined };
  const pages = usePages(["deliveries", partner, query], (cursor) =>
    take(engine.GET("/api/groupbuy/admin/v1/partners/{partner_id}/deliveries", { params: { path: { partner_id: partner }, query: { ...query, cursor, limit: pageSize } } })), 10_000);
  const columns = [
    { title: t("delivery.event"), render: (row: Delivery) => <span className="cell-two"><button type="button" className="linklike cell-open" onClick={() => change({ delivery: row.delivery_id })}>{term("event", row.event_type)}</button><small><code>{row.event_type}</code></small></span> },
    { title: t("delivery.state"), render: (row: Delivery) => <State of="deliveryState" value={row.status} /> },
    { title: t("delivery.attempts"), dataIndex: "attempts", align: "right" as const },
    { title: t("partner.created"), render: (row: Delivery) => <When at={row.created_at} /> },
    { title: t("delivery.next"), render: (row: Delivery) => <When at={row.next_at ?? row.ended_at} /> },
    { title: t("refund.error"), className: "wrap", render: (row: Delivery) => row.last_error ?? "–" },
    { title: t("delivery.id"), render: (row: Delivery) => <Ident id={row.delivery_id} /> },
    ...(may ? [{ title: <span className="unseen">{t("list.actions")}</span>, render: (row: Delivery) => row.status !== "pending" && <Button size="small" onClick={() => replay.mutate(row.delivery_id)}>{t("delivery.replay")}</Button> }] : []),
  ];
  return (
    <>
      <FilterBar active={filters.status !== undefined} clear={() => change({ status: undefined })}>
        <FilterChoice label={t("delivery.state")} value={filters.status} change={(status) => change({ status })} options={states.map((value) => ({ value, label: term("deliveryState", value) }))} />
      </FilterBar>
      <List name={t("partner.deliveries")} pages={pages} columns={columns} rowKey={(row) => row.delivery_id} empty={<Vacant title={t(filters.status ? "list.nothing" : "delivery.none")} about={t("delivery.none.about")} />} />
      {filters.delivery && <DeliveryDrawer partner={partner} id={filters.delivery} close={() => change({ delivery: undefined })} />}
    </>
  );
}
