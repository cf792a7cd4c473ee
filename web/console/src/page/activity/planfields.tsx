import { Form, InputNumber, Select, Space } from "antd";
import type { Engine } from "../../api/client";
import { YuanInput } from "../../part/yuaninput";
import { useSpeaker } from "../../text/language";

const kinds: Engine["PlanKind"][] = ["reduce", "threshold", "percent", "fixed"];

// Share takes what is left to pay in percent and gives basis points.
function Share({ value, onChange, label }: { value?: number; onChange?: (bp: number | undefined) => void; label: string }) {
  return (
    <InputNumber
      aria-label={label}
      min={0}
      max={100}
      precision={2}
      suffix="%"
      value={value === undefined ? undefined : value / 100}
      onChange={(share) => onChange?.(share === null ? undefined : Math.round(share * 100))}
    />
  );
}

// PlanFields are the fields of a discount plan at `at` in the form, those that its kind needs.
export function PlanFields({ at, path }: { at: (string | number)[]; path: (string | number)[] }) {
  const { t, term } = useSpeaker();
  const kind = Form.useWatch([...path, "kind"]) as Engine["PlanKind"] | undefined;
  const required = [{ required: true, message: t("wizard.needed") }];
  return (
    <Space wrap align="start">
      <Form.Item name={[...at, "kind"]} noStyle>
        <Select aria-label={t("plan.kind")} style={{ width: 130 }} options={kinds.map((value) => ({ value, label: term("plan.kind", value) }))} />
      </Form.Item>
      {kind === "threshold" && (
        <Form.Item name={[...at, "from_fen"]} rules={required} className="tight">
          <YuanInput label={t("plan.from")} />
        </Form.Item>
      )}
      {(kind === "reduce" || kind === "threshold") && (
        <Form.Item name={[...at, "off_fen"]} rules={required} className="tight">
          <YuanInput label={t("plan.off")} />
        </Form.Item>
      )}
      {kind === "percent" && (
        <Form.Item name={[...at, "share_bp"]} rules={required} className="tight">
          <Share label={t("plan.share")} />
        </Form.Item>
      )}
      {kind === "fixed" && (
        <Form.Item name={[...at, "price_fen"]} rules={required} className="tight">
          <YuanInput label={t("plan.price")} />
        </Form.Item>
      )}
      <span className="muted plan-hint">{kind && term("plan.hint", kind)}</span>
    </Space>
  );
}
