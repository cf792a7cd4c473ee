import { PlusOutlined } from "@ant-design/icons";
import { Button, Form, Input, Modal } from "antd";
import { useState } from "react";
import { Link, useNavigate } from "react-router";
import { engine, take, type Engine } from "../../api/client";
import { usePartners } from "../../data/reference";
import { Grid } from "../../list/table";
import { useAct } from "../../part/act";
import { Head } from "../../part/head";
import { ProblemView } from "../../part/problem";
import { Vacant } from "../../part/vacant";
import { When } from "../../part/value";
import { useMay } from "../../session/session";
import { useSpeaker } from "../../text/language";

type Partner = Engine["Partner"];

interface PartnerDraft {
  partner_id: string;
  name: string;
}

// PartnerForm makes a partner, or renames one.
export function PartnerForm({ partner, close }: { partner?: Partner; close: () => void }) {
  const { t } = useSpeaker();
  const go = useNavigate();
  const [form] = Form.useForm<PartnerDraft>();
  const act = useAct({
    run: ({ partner_id, name }: PartnerDraft) => take(engine.PUT("/api/groupbuy/admin/v1/partners/{partner_id}", { params: { path: { partner_id } }, body: { name } })),
    done: t("wizard.saved"),
    touches: ["partners", "audit"],
    then: (saved) => {
      close();
      void go(`/partners/${saved.partner_id}`);
    },
  });
  return (
    <Modal open title={t(partner ? "partner.rename" : "partner.new")} okText={t("wizard.save")} onOk={form.submit} onCancel={close} confirmLoading={act.isPending}>
      <Form<PartnerDraft> form={form} layout="vertical" initialValues={partner} requiredMark={false} onFinish={(values) => act.mutate({ ...values, partner_id: partner?.partner_id ?? values.partner_id })}>
        {!partner && (
          <Form.Item name="partner_id" label={t("partner.id")} extra={t("partner.id.hint")} rules={[{ required: true, pattern: /^[A-Za-z0-9_.-]{1,64}$/, message: t("product.id.hint") }]}>
            <Input maxLength={64} />
          </Form.Item>
        )}
        <Form.Item name="name" label={t("partner.name")} rules={[{ required: true, whitespace: true, message: t("wizard.needed") }]}>
          <Input maxLength={200} />
        </Form.Item>
      </Form>
    </Modal>
  );
}

// Partners lists the malls that call the engine.
export default function Partners() {
  const { t } = useSpeaker();
  const may = useMay("admin");
  const [creating, setCreating] = useState(false);
  const { data = [], isPending, isError, error, refetch } = usePartners();
  const columns = [
    { title: t("partner.name"), render: (row: Partner) => <Link className="cell-name" to={`/partners/${row.partner_id}`}>{row.name}</Link> },
    { title: t("partner.id"), render: (row: Partner) => <code>{row.partner_id}</code> },
    { title: t("partner.created"), render: (row: Partner) => <When at={row.created_at} /> },
  ];
  const create = may && <Button type="primary" icon={<PlusOutlined />} onClick={() => setCreating(true)}>{t("partner.new")}</Button>;
  return (
    <>
      <Head title={t("nav.partners")} about={t("partner.about")} actions={create} />
      {isError ? (
        <ProblemView error={error} retry={() => void refetch()} />
      ) : (
        <Grid name={t("nav.partners")} columns={columns} rows={data} rowKey={(row) => row.partner_id} loading={isPending} empty={<Vacant title={t("partner.none")} action={create} />} />
      )}
      {creating && <PartnerForm close={() => setCreating(false)} />}
    </>
  );
}
