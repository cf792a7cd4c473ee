import { Form, Input, Modal, Radio } from "antd";
import { mall, take, type Mall } from "../../api/client";
import { useAct } from "../../part/act";
import { Pairs } from "../../part/section";
import { Money } from "../../part/value";
import { useSpeaker } from "../../text/language";

type Kind = Mall["DifferenceKind"];
type Action = Mall["DifferenceAction"];

// actionsFor are what the server lets a person do about a kind of difference.
export function actionsFor(kind: Kind): Action[] {
  if (kind === "payment_unbooked" || kind === "refund_unconfirmed") return ["ask", "accept"];
  return kind === "payment_unknown" ? ["refund", "accept"] : ["accept"];
}

interface Resolution {
  action: Action;
  note: string;
}

// Resolve decides what becomes of a difference. Whoever decides says why.
export function Resolve({ difference, close }: { difference: Mall["BillDifference"]; close: () => void }) {
  const { t, term } = useSpeaker();
  const [form] = Form.useForm<Resolution>();
  const action = Form.useWatch("action", form);
  const actions = actionsFor(difference.kind);
  const act = useAct({
    run: (body: Resolution) => take(mall.POST("/api/mall/admin/v1/bill-differences/{difference_id}/resolve", { params: { path: { difference_id: difference.difference_id } }, body })),
    done: t("diff.resolved"),
    touches: ["differences", "bills"],
    then: close,
  });
  return (
    <Modal open title={term("diffKind", difference.kind)} okText={action ? term("diffAction", action) : t("diff.resolve")} okButtonProps={{ danger: action === "refund" }} onOk={form.submit} onCancel={close} confirmLoading={act.isPending}>
      <Pairs
        items={[
          [t("bill.alipay"), <Money fen={difference.alipay_fen} />],
          [t("bill.mall"), <Money fen={difference.mall_fen} />],
          [t("diff.proposal"), term("proposal", difference.proposal)],
        ]}
      />
      <Form<Resolution> form={form} layout="vertical" className="wizard-gap" initialValues={{ action: actions[0] }} requiredMark={false} onFinish={(values) => act.mutate(values)}>
        <Form.Item name="action" label={t("diff.action")}>
          <Radio.Group className="radios" options={actions.map((value) => ({ value, label: `${term("diffAction", value)} — ${term("diffAction.about", value)}` }))} />
        </Form.Item>
        <Form.Item name="note" label={t("diff.note")} extra={t("diff.note.hint")} rules={[{ required: true, whitespace: true, message: t("wizard.needed") }]}>
          <Input.TextArea rows={2} maxLength={200} showCount />
        </Form.Item>
      </Form>
    </Modal>
  );
}
