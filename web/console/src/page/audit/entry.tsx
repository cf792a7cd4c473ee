import { Drawer } from "antd";
import type { Engine, Mall } from "../../api/client";
import { Grid } from "../../list/table";
import { Ident } from "../../part/ident";
import { Pairs } from "../../part/section";
import { When } from "../../part/value";
import { useSpeaker } from "../../text/language";
import { differences, type Difference } from "./diff";

// EntryDrawer shows one change: which fields, from what to what, and the link of the chain that proves it.
export function EntryDrawer({ entry, close }: { entry: Engine["AuditEntry"] | Mall["AuditEntry"]; close: () => void }) {
  const { t, term } = useSpeaker();
  const rows = differences(entry.before, entry.after);
  const columns = [
    { title: t("audit.field"), render: (row: Difference) => <code>{row.field}</code> },
    { title: t("audit.before"), className: "wrap", render: (row: Difference) => <code className="bad">{row.before ?? "–"}</code> },
    { title: t("audit.after"), className: "wrap", render: (row: Difference) => <code className="good">{row.after ?? "–"}</code> },
  ];
  return (
    <Drawer open onClose={close} size={720} title={term("action", entry.action)}>
      <Pairs
        items={[
          [t("audit.at"), <When at={entry.at} exact />],
          [t("audit.actor"), entry.actor || entry.actor_id],
          [t("audit.subject"), <Ident id={entry.subject} whole />],
          [t("audit.address"), <code>{entry.address}</code>],
          [t("problem.request"), <Ident id={entry.request_id} whole />],
          [t("audit.hash"), <code>{entry.hash}</code>],
        ]}
      />
      <h3 className="wizard-title">{t("audit.changes")}</h3>
      <Grid name={t("audit.changes")} columns={columns} rows={rows} rowKey={(row) => row.field} empty={<p className="muted">{t("audit.same")}</p>} />
    </Drawer>
  );
}
