import { useState } from "react";
import { engine, mall, take, type Engine, type Mall } from "../../api/client";
import { pageSize, usePages } from "../../list/pages";
import { List } from "../../list/table";
import type { Filters } from "../../list/filters";
import { Ident } from "../../part/ident";
import { Vacant } from "../../part/vacant";
import { When } from "../../part/value";
import { useSpeaker } from "../../text/language";
import { linkOf } from "../../search/link";
import { EntryDrawer } from "./entry";

type Entry = Engine["AuditEntry"] | Mall["AuditEntry"];
type Sought = Filters<"actor_id" | "action" | "subject" | "from" | "to">;

// Side is whose audit it is: the engine and the mall keep one each.
export type Side = "engine" | "mall";

// ask reads a page of the audit of a side.
function ask(side: Side, query: Sought & { cursor?: string; limit: number }): Promise<Engine["AuditPage"] | Mall["AuditPage"]> {
  if (side === "mall") return take(mall.GET("/api/mall/admin/v1/audit", { params: { query } }));
  return take(engine.GET("/api/groupbuy/admin/v1/audit", { params: { query } }));
}

// AuditTrail lists who changed what; a line opens to show what it was before and after.
export function AuditTrail({ filters, side = "engine", limit = pageSize }: { filters: Sought; side?: Side; limit?: number }) {
  const { t, term } = useSpeaker();
  const [open, setOpen] = useState<Entry | null>(null);
  const pages = usePages<Entry>(["audit", side, filters, limit], (cursor) => ask(side, { ...filters, cursor, limit }));
  const columns = [
    { title: t("audit.at"), render: (row: Entry) => <When at={row.at} exact /> },
    { title: t("audit.actor"), render: (row: Entry) => <>{row.actor || row.actor_id} <small className="muted">{term("role", row.role)}</small></> },
    { title: t("audit.action"), render: (row: Entry) => <span className="cell-two">{term("action", row.action)}<small><code>{row.action}</code></small></span> },
    { title: t("audit.subject"), render: (row: Entry) => <Ident id={row.subject} to={linkOf(row.subject) ?? undefined} /> },
    { title: t("audit.address"), render: (row: Entry) => <code>{row.address}</code> },
    { title: <span className="unseen">{t("list.actions")}</span>, render: (row: Entry) => <button type="button" className="linklike" onClick={() => setOpen(row)}>{t("audit.see")}</button> },
  ];
  return (
    <>
      <List name={t("nav.audit")} pages={pages} columns={columns} rowKey={(row) => String(row.seq)} empty={<Vacant title={t("audit.none")} about={t("audit.none.about")} />} />
      {open && <EntryDrawer entry={open} close={() => setOpen(null)} />}
    </>
  );
}
