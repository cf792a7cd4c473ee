import { Button, Form, Input, Modal, Segmented, Switch } from "antd";
import { engine, take, type Engine } from "../../api/client";
import { useAct } from "../../part/act";
import { useConfirm } from "../../part/confirm";
import { useSpeaker } from "../../text/language";

interface OperatorDraft {
  login: string;
  name: string;
  role: Engine["OperatorRole"];
  password?: string;
  active: boolean;
}

// save sends only what was changed: another role, state or password ends the operator's sessions.
function save(operator: Engine["OperatorAccount"] | undefined, { login, name, role, password = "", active }: OperatorDraft) {
  if (!operator) return take(engine.POST("/api/groupbuy/admin/v1/operators", { body: { login, name, role, password } }));
  const status = active ? ("active" as const) : ("disabled" as const);
  const body: Engine["OperatorChange"] = {
    name: name === operator.name ? undefined : name,
    role: role === operator.role ? undefined : role,
    status: status === operator.status ? undefined : status,
    password: password || undefined,
  };
  return take(engine.PATCH("/api/groupbuy/admin/v1/operators/{operator_id}", { params: { path: { operator_id: operator.operator_id } }, body }));
}

// OperatorForm makes an account, or changes one.
export default function OperatorForm({ operator, close }: { operator?: Engine["OperatorAccount"]; close: () => void }) {
  const { t, term } = useSpeaker();
  const [form] = Form.useForm<OperatorDraft>();
  const act = useAct({ run: (draft: OperatorDraft) => save(operator, draft), done: t("wizard.saved"), touches: ["operators", "audit"], then: close });
  const roles = (["viewer", "operator", "admin"] as const).map((value) => ({ value, label: term("role", value) }));
  const needed = { required: true, whitespace: true, message: t("wizard.needed") };
  const initial = operator ? { ...operator, active: operator.status === "active" } : { role: "operator" as const, active: true };
  return (
    <Modal open title={t(operator ? "operator.change" : "operator.new")} okText={t("wizard.save")} onOk={form.submit} onCancel={close} confirmLoading={act.isPending}>
      <Form<OperatorDraft> form={form} layout="vertical" requiredMark={false} initialValues={initial} onFinish={(values) => act.mutate({ ...initial, ...values } as OperatorDraft)}>
        {!operator && (
          <Form.Item name="login" label={t("login.login")} extra={t("operator.login.hint")} rules={[{ ...needed, pattern: /^[A-Za-z0-9][A-Za-z0-9_.@-]{1,63}$/, message: t("operator.login.hint") }]}>
            <Input maxLength={64} autoComplete="off" />
          </Form.Item>
        )}
        <Form.Item name="name" label={t("operator.name")} rules={[needed]}><Input maxLength={100} /></Form.Item>
        <Form.Item name="role" label={t("operator.role")}><Segmented options={roles} /></Form.Item>
        <Form.Item name="password" label={t(operator ? "operator.newpassword" : "login.password")} extra={t("password.rule")} rules={[{ required: !operator, min: 12, max: 128, message: t("password.rule") }]}>
          <Input.Password autoComplete="new-password" />
        </Form.Item>
        {operator?.second_factor && <Form.Item label={t("factor.title")} extra={t("factor.reset.hint")}><Reset operator={operator} close={close} /></Form.Item>}
        {operator && <Form.Item name="active" label={t("operator.active")} extra={t("operator.active.hint")} valuePropName="checked"><Switch /></Form.Item>}
      </Form>
    </Modal>
  );
}

// Reset takes the second factor of somebody away who lost the app and the recovery codes.
function Reset({ operator, close }: { operator: Engine["OperatorAccount"]; close: () => void }) {
  const { t } = useSpeaker();
  const confirm = useConfirm();
  const path = { operator_id: operator.operator_id };
  const act = useAct({
    run: () => take(engine.DELETE("/api/groupbuy/admin/v1/operators/{operator_id}/second-factor", { params: { path } })),
    done: t("factor.reset.done"),
    touches: ["operators", "audit", "me", "factor"],
    then: close,
  });
  const ask = () => confirm({ title: t("factor.reset.title", { name: operator.name }), about: t("factor.reset.about"), ok: t("factor.reset"), danger: true, run: () => act.mutateAsync() });
  return <Button danger onClick={ask}>{t("factor.reset")}</Button>;
}
