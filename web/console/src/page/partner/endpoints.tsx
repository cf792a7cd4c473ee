import { useQuery } from "@tanstack/react-query";
import { Button, Form, Input, Space } from "antd";
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

type Endpoint = Engine["Endpoint"];
type Change = Engine["EndpointChange"];
const touches = ["endpoints", "audit"];

function useChange(partner: string) {
  const { t } = useSpeaker();
  const tell = useSecret();
  return useAct({
    run: ({ id, change }: { id: string; change: Change }) =>
      take(engine.PATCH("/api/groupbuy/admin/v1/partners/{partner_id}/endpoints/{endpoint_id}", { params: { path: { partner_id: partner, endpoint_id: id } }, body: change })),
    done: t("endpoint.changed"),
    touches,
    then: (made) => made.secret && tell(t("endpoint.secret"), made.secret),
  });
}

function Buttons({ endpoint, partner }: { endpoint: Endpoint; partner: string }) {
  const { t } = useSpeaker();
  const confirm = useConfirm();
  const act = useChange(partner);
  const set = (change: Change) => act.mutateAsync({ id: endpoint.endpoint_id, change });
  const enabled = endpoint.status === "enabled";
  const off = () => confirm({ title: t("endpoint.off.title"), about: t("endpoint.off.about"), ok: t("endpoint.off"), danger: true, run: () => set({ status: "disabled" }) });
  const rotate = () => confirm({ title: t("endpoint.rotate.title"), about: t("endpoint.rotate.about"), ok: t("endpoint.rotate"), run: () => set({ rotate_secret: true }) });
  const drop = () => confirm({ title: t("endpoint.drop.title"), about: t("endpoint.drop.about"), ok: t("endpoint.drop"), danger: true, run: () => set({ drop_old_secret: true }) });
  return (
    <Space wrap>
      {enabled ? <Button size="small" onClick={off}>{t("endpoint.off")}</Button> : <Button size="small" onClick={() => void set({ status: "enabled" }).catch(() => undefined)}>{t("endpoint.on")}</Button>}
      {endpoint.secrets > 1 ? <Button size="small" onClick={drop}>{t("endpoint.drop")}</Button> : <Button size="small" onClick={rotate}>{t("endpoint.rotate")}</Button>}
    </Space>
  );
}

function Add({ partner }: { partner: string }) {
  const { t } = useSpeaker();
  const tell = useSecret();
  const [form] = Form.useForm<{ url: string }>();
  const act = useAct({
    run: (body: { url: string }) => take(engine.POST("/api/groupbuy/admin/v1/partners/{partner_id}/endpoints", { params: { path: { partner_id: partner } }, body })),
    touches,
    then: (made) => {
      form.resetFields();
      if (made.secret) tell(t("endpoint.made"), made.secret);
    },
  });
  return (
    <Form form={form} layout="inline" className="inline-form" onFinish={(values) => act.mutate({ url: values.url.trim() })}>
      <Form.Item name="url" rules={[{ required: true, type: "url", message: t("endpoint.url.wrong") }]} className="inline-grow">
        <Input aria-label={t("endpoint.url")} placeholder="https://mall.example.com/callbacks/groupbuy" maxLength={2000} />
      </Form.Item>
      <Button htmlType="submit" type="primary" loading={act.isPending}>{t("endpoint.new")}</Button>
    </Form>
  );
}

// Endpoints are the addresses at which a partner is told of events.
export function Endpoints({ partner }: { partner: string }) {
  const { t } = useSpeaker();
  const may = useMay("operator");
  const endpoints = useQuery({
    queryKey: ["endpoints", partner],
    queryFn: async () => (await take(engine.GET("/api/groupbuy/admin/v1/partners/{partner_id}/endpoints", { params: { path: { partner_id: partner } } }))).items,
  });
  const columns = [
    { title: t("endpoint.url"), className: "wrap", render: (row: Endpoint) => <span className="cell-two"><code>{row.url}</code><small><Ident id={row.endpoint_id} /></small></span> },
    { title: t("endpoint.state"), render: (row: Endpoint) => <State of="endpointState" value={row.status} /> },
    { title: t("endpoint.secrets"), dataIndex: "secrets", align: "right" as const },
    { title: t("partner.created"), render: (row: Endpoint) => <When at={row.created_at} /> },
    ...(may ? [{ title: <span className="unseen">{t("list.actions")}</span>, render: (row: Endpoint) => <Buttons endpoint={row} partner={partner} /> }] : []),
  ];
  if (endpoints.isError) return <ProblemView error={endpoints.error} retry={() => void endpoints.refetch()} />;
  return (
    <Section title={t("partner.endpoints")}>
      <p className="muted">{t("endpoint.about")}</p>
      {may && <Add partner={partner} />}
      <Grid name={t("partner.endpoints")} columns={columns} rows={endpoints.data ?? []} rowKey={(row) => row.endpoint_id} loading={endpoints.isPending} empty={<Vacant title={t("endpoint.none")} about={t("endpoint.none.about")} />} />
    </Section>
  );
}
