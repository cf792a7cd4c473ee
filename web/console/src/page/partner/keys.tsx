import { useQuery } from "@tanstack/react-query";
import { Button } from "antd";
import { engine, take, type Engine } from "../../api/client";
import { Grid } from "../../list/table";
import { useAct } from "../../part/act";
import { useConfirm } from "../../part/confirm";
import { Ident } from "../../part/ident";
import { ProblemView } from "../../part/problem";
import { Section } from "../../part/section";
import { State } from "../../part/state";
import { Vacant } from "../../part/vacant";
import { When } from "../../part/value";
import { useMay } from "../../session/session";
import { useSpeaker } from "../../text/language";
import { useSecret } from "./secret";

type Key = Engine["Key"];
const live = 2; // keys of a partner that the server lets live at once

// Keys are what a partner signs its calls with.
export function Keys({ partner }: { partner: string }) {
  const { t } = useSpeaker();
  const may = useMay("admin");
  const confirm = useConfirm();
  const tell = useSecret();
  const path = { partner_id: partner };
  const keys = useQuery({ queryKey: ["keys", partner], queryFn: async () => (await take(engine.GET("/api/groupbuy/admin/v1/partners/{partner_id}/keys", { params: { path } }))).items });
  const create = useAct({
    run: () => take(engine.POST("/api/groupbuy/admin/v1/partners/{partner_id}/keys", { params: { path } })),
    touches: ["keys", "audit"],
    then: (made) => tell(t("key.made", { id: made.key.key_id }), made.secret),
  });
  const revoke = useAct({
    run: (key_id: string) => take(engine.POST("/api/groupbuy/admin/v1/partners/{partner_id}/keys/{key_id}/revoke", { params: { path: { ...path, key_id } } })),
    done: t("key.revoked"),
    touches: ["keys", "audit"],
  });
  const ask = (key: Key) => confirm({ title: t("key.revoke.title"), about: t("key.revoke.about", { id: key.key_id }), ok: t("key.revoke"), danger: true, run: () => revoke.mutateAsync(key.key_id) });
  const columns = [
    { title: t("key.id"), render: (row: Key) => <Ident id={row.key_id} /> },
    { title: t("key.state"), render: (row: Key) => <State of="keyState" value={row.revoked_at ? "revoked" : "active"} /> },
    { title: t("partner.created"), render: (row: Key) => <When at={row.created_at} /> },
    { title: t("key.revokedat"), render: (row: Key) => <When at={row.revoked_at} /> },
    ...(may ? [{ title: <span className="unseen">{t("list.actions")}</span>, render: (row: Key) => !row.revoked_at && <Button size="small" danger onClick={() => ask(row)}>{t("key.revoke")}</Button> }] : []),
  ];
  const full = (keys.data?.filter((key) => !key.revoked_at).length ?? 0) >= live;
  if (keys.isError) return <ProblemView error={keys.error} retry={() => void keys.refetch()} />;
  return (
    <Section title={t("partner.keys")} extra={may && <Button type="primary" disabled={full} title={full ? t("key.full") : undefined} loading={create.isPending} onClick={() => create.mutate()}>{t("key.new")}</Button>}>
      <p className="muted">{t("key.about")}</p>
      <Grid name={t("partner.keys")} columns={columns} rows={keys.data ?? []} rowKey={(row) => row.key_id} loading={keys.isPending} empty={<Vacant title={t("key.none")} about={t("key.none.about")} />} />
    </Section>
  );
}
