import { Form, Input } from "antd";
import { useSpeaker } from "../text/language";

// CodeField takes the six digits that the app shows, or a recovery code.
export function CodeField({ label, extra, focus = true }: { label: string; extra?: string; focus?: boolean }) {
  const { t } = useSpeaker();
  return (
    <Form.Item name="code" label={label} extra={extra} rules={[{ required: true, whitespace: true, message: t("factor.missing") }]}>
      <Input className="factor-digits" autoComplete="one-time-code" autoCapitalize="off" spellCheck={false} maxLength={64} autoFocus={focus} />
    </Form.Item>
  );
}
