import { Form, Input, Modal } from "antd";
import { engine, take } from "../api/client";
import { useAct } from "../part/act";
import { useSpeaker } from "../text/language";
import { useForget } from "./session";

interface Change {
  current_password: string;
  password: string;
}

// Password changes the operator's own password; the server then ends all of their sessions.
export default function Password({ close }: { close: () => void }) {
  const { t } = useSpeaker();
  const forget = useForget();
  const [form] = Form.useForm<Change>();
  const act = useAct({
    run: (body: Change) => take(engine.PUT("/api/groupbuy/admin/v1/operators/me/password", { body })),
    done: t("password.done"),
    touches: [],
    then: () => {
      close();
      void forget();
    },
  });
  return (
    <Modal open title={t("password.title")} okText={t("password.ok")} onOk={form.submit} onCancel={close} confirmLoading={act.isPending}>
      <p className="muted">{t("password.about")}</p>
      <Form form={form} layout="vertical" onFinish={(values) => act.mutate(values)} requiredMark={false}>
        <Form.Item name="current_password" label={t("password.current")} rules={[{ required: true }]}>
          <Input.Password autoComplete="current-password" />
        </Form.Item>
        <Form.Item name="password" label={t("password.next")} extra={t("password.rule")} rules={[{ required: true, min: 12, max: 128 }]}>
          <Input.Password autoComplete="new-password" />
        </Form.Item>
      </Form>
    </Modal>
  );
}
