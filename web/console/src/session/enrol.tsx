import { QRCode, Button, Form, Input } from "antd";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { engine, take } from "../api/client";
import { Ident } from "../part/ident";
import { ProblemView } from "../part/problem";
import { useSpeaker } from "../text/language";
import { CodeField } from "./codefield";

const factor = "/api/groupbuy/admin/v1/operators/me/second-factor";

// Enrol sets up the second factor in three steps: the password, the app with its first code, and the recovery codes, which
// are shown this once. `done` is called when they have been kept.
export default function Enrol({ done }: { done: () => void }) {
  const { t } = useSpeaker();
  const start = useMutation({ mutationFn: (body: { current_password: string }) => take(engine.POST(factor, { body })) });
  const prove = useMutation({ mutationFn: (body: { code: string }) => take(engine.PUT(factor, { body })) });
  if (prove.data) return <RecoveryCodes codes={prove.data.recovery_codes} done={done} />;
  if (!start.data) {
    return (
      <Form key="password" layout="vertical" requiredMark={false} onFinish={(values: { current_password: string }) => start.mutate(values)}>
        <p className="muted">{t("factor.about")}</p>
        <Form.Item name="current_password" label={t("password.current")} rules={[{ required: true, message: t("login.password.missing") }]}>
          <Input.Password autoComplete="current-password" maxLength={512} autoFocus />
        </Form.Item>
        {start.isError && <ProblemView error={start.error} />}
        <Button type="primary" htmlType="submit" loading={start.isPending} className="gate-go">{t("factor.begin")}</Button>
      </Form>
    );
  }
  return (
    <Form key="code" layout="vertical" requiredMark={false} onFinish={(values: { code: string }) => prove.mutate(values)}>
      <p className="muted">{t("factor.scan")}</p>
      <div className="factor-scan">
        <div className="factor-code"><QRCode aria-label={t("factor.qr")} value={start.data.uri} size={184} type="svg" color="#111827" bgColor="#ffffff" bordered={false} /></div>
        <div>
          <p className="muted">{t("factor.type")}</p>
          <p className="secret"><Ident id={start.data.secret} whole /></p>
        </div>
      </div>
      <CodeField label={t("factor.first")} />
      {prove.isError && <ProblemView error={prove.error} />}
      <Button type="primary" htmlType="submit" loading={prove.isPending} className="gate-go">{t("factor.turnon")}</Button>
    </Form>
  );
}

function RecoveryCodes({ codes, done }: { codes: string[]; done: () => void }) {
  const { t } = useSpeaker();
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(codes.join("\n"));
    setCopied(true);
  };
  return (
    <>
      <p role="status"><strong>{t("factor.on")}</strong></p>
      <p className="muted">{t("factor.codes.about")}</p>
      <ol className="factor-codes">{codes.map((code) => <li key={code}><code>{code}</code></li>)}</ol>
      <div className="wizard-foot">
        <Button onClick={() => void copy()}>{t(copied ? "factor.codes.copied" : "factor.codes.copy")}</Button>
        <Button type="primary" onClick={done}>{t("factor.codes.kept")}</Button>
      </div>
    </>
  );
}
