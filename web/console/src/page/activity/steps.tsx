import { DeleteOutlined, PlusOutlined } from "@ant-design/icons";
import { Button, DatePicker, Form, Input, InputNumber, Select, Slider, Switch } from "antd";
import { usePartnerOptions, useTagOptions, type Item } from "../../data/reference";
import { YuanInput } from "../../part/yuaninput";
import { useSpeaker } from "../../text/language";
import { PlanFields } from "./planfields";
import { StockFields } from "./stockfields";

export interface StepProps {
  partner: string;
  items: Item[];
}

// StepGoods: what is sold, where. Goods of our own shop are found by name; any id can be typed.
export function StepGoods({ items }: StepProps) {
  const { t } = useSpeaker();
  const partners = usePartnerOptions();
  const goods = items.map((item) => ({ value: item.goods_id, label: `${item.name} (${item.goods_id})` }));
  return (
    <>
      <Form.Item name="name" label={t("activity.name")} rules={[{ required: true, whitespace: true, message: t("wizard.needed") }]}>
        <Input maxLength={200} showCount placeholder={t("wizard.name.hint")} />
      </Form.Item>
      <Form.Item name="partner_id" label={t("activity.partner")} rules={[{ required: true, message: t("wizard.needed") }]}>
        <Select options={partners} showSearch={{ optionFilterProp: "label" }} />
      </Form.Item>
      <Form.Item name="goods" label={t("wizard.goods")} required extra={t("wizard.goods.hint")}>
        <Select mode="tags" options={goods} optionFilterProp="label" tokenSeparators={[",", " "]} />
      </Form.Item>
      <Form.Item name="channels" label={t("wizard.channels")} extra={t("wizard.channels.hint")}>
        <Select mode="tags" tokenSeparators={[",", " "]} />
      </Form.Item>
    </>
  );
}

export function StepPrice({ partner }: StepProps) {
  const { t } = useSpeaker();
  const tags = useTagOptions(partner);
  return (
    <>
      <h3 className="wizard-title">{t("wizard.rules")}</h3>
      <p className="muted">{t("wizard.rules.hint")}</p>
      <Form.List name="rules">
        {(fields, { add, remove }) => (
          <>
            {fields.map((field) => (
              <div className="wizard-line" key={field.key}>
                <PlanFields at={[field.name, "plan"]} path={["rules", field.name, "plan"]} />
                <Form.Item name={[field.name, "tag"]} noStyle>
                  <Select aria-label={t("wizard.rule.tag")} placeholder={t("wizard.everybody")} allowClear style={{ width: 200 }} options={tags} />
                </Form.Item>
                <Button type="text" icon={<DeleteOutlined />} aria-label={t("wizard.remove")} onClick={() => remove(field.name)} disabled={fields.length === 1} />
              </div>
            ))}
            <Button icon={<PlusOutlined />} onClick={() => add({ plan: { kind: "reduce" } })}>{t("wizard.rule.add")}</Button>
          </>
        )}
      </Form.List>
      <Form.Item name="leader_discount_fen" label={t("wizard.leader")} extra={t("wizard.leader.hint")} className="wizard-gap">
        <YuanInput />
      </Form.Item>
      <h3 className="wizard-title">{t("wizard.tiers")}</h3>
      <p className="muted">{t("wizard.tiers.hint")}</p>
      <Form.List name="tiers">
        {(fields, { add, remove }) => (
          <>
            {fields.map((field) => (
              <div className="wizard-line" key={field.key}>
                <Form.Item name={[field.name, "size"]} noStyle rules={[{ required: true }]}>
                  <InputNumber aria-label={t("wizard.tier.size")} min={2} max={1000} suffix={t("wizard.people")} style={{ width: 110 }} />
                </Form.Item>
                <PlanFields at={[field.name, "plan"]} path={["tiers", field.name, "plan"]} />
                <Button type="text" icon={<DeleteOutlined />} aria-label={t("wizard.remove")} onClick={() => remove(field.name)} />
              </div>
            ))}
            <Button icon={<PlusOutlined />} onClick={() => add({ plan: { kind: "fixed" } })}>{t("wizard.tier.add")}</Button>
          </>
        )}
      </Form.List>
    </>
  );
}

export function StepTeam(_: StepProps) {
  const { t } = useSpeaker();
  return (
    <>
      <div className="wizard-row">
        <Form.Item name="team_size" label={t("activity.size")} extra={t("wizard.size.hint")} rules={[{ required: true }]}>
          <InputNumber min={1} max={1000} suffix={t("wizard.people")} />
        </Form.Item>
        <Form.Item name="team_ttl_minutes" label={t("wizard.teamttl")} extra={t("wizard.teamttl.hint")}>
          <InputNumber min={1} max={43200} suffix={t("wizard.minutes")} />
        </Form.Item>
        <Form.Item name="seat_ttl_minutes" label={t("wizard.seatttl")} extra={t("wizard.seatttl.hint")}>
          <InputNumber min={1} max={43200} suffix={t("wizard.minutes")} />
        </Form.Item>
      </div>
      <Form.Item name="window" label={t("activity.window")} extra={t("wizard.window.hint")}>
        <DatePicker.RangePicker showTime={{ format: "HH:mm" }} format="YYYY-MM-DD HH:mm" style={{ width: "min(420px, 100%)" }} />
      </Form.Item>
      <Form.Item name="close_teams_at_end" label={t("wizard.close")} valuePropName="checked" extra={t("wizard.close.hint")}>
        <Switch />
      </Form.Item>
      <Form.Item name="min_real" label={t("wizard.minreal")} extra={t("wizard.minreal.hint")}>
        <InputNumber min={0} max={1000} suffix={t("wizard.people")} />
      </Form.Item>
      <Form.Item name="buy_alone" label={t("wizard.alone")} valuePropName="checked">
        <Switch />
      </Form.Item>
    </>
  );
}

export function StepLimits({ items }: StepProps) {
  const { t } = useSpeaker();
  return (
    <>
      <p className="muted">{t("wizard.limits.hint")}</p>
      <div className="wizard-row">
        {(["open", "join", "total"] as const).map((name) => (
          <Form.Item key={name} name={["limits", name]} label={t(`wizard.limit.${name}`)}>
            <InputNumber min={0} max={1000000} placeholder={t("wizard.nolimit")} />
          </Form.Item>
        ))}
        <Form.Item name="max_quantity" label={t("wizard.quantity")}>
          <InputNumber min={1} max={100000} suffix={t("wizard.pieces")} />
        </Form.Item>
      </div>
      <StockFields items={items} />
    </>
  );
}

export function StepAudience({ partner }: StepProps) {
  const { t } = useSpeaker();
  const tags = useTagOptions(partner);
  const tag = (name: "see" | "join" | "instant_tag") => (
    <Form.Item name={name} label={t(`wizard.${name}`)} extra={t(`wizard.${name}.hint`)}>
      <Select allowClear placeholder={t(name === "instant_tag" ? "wizard.nobody" : "wizard.everybody")} options={tags} showSearch={{ optionFilterProp: "label" }} />
    </Form.Item>
  );
  return (
    <>
      <Form.Item name="rollout_percent" label={t("wizard.rollout")} extra={t("wizard.rollout.hint")}>
        <Slider min={0} max={100} marks={{ 0: "0%", 50: "50%", 100: "100%" }} ariaLabelForHandle={t("wizard.rollout")} />
      </Form.Item>
      <div className="wizard-row">{tag("see")}{tag("join")}</div>
      <Form.Item name="new_buyers_only" label={t("wizard.newbuyers")} extra={t("wizard.newbuyers.hint")} valuePropName="checked">
        <Switch />
      </Form.Item>
      {tag("instant_tag")}
      <div className="wizard-row">
        <Form.Item name="allow" label={t("wizard.allow")} extra={t("wizard.list.hint")}>
          <Input.TextArea rows={3} />
        </Form.Item>
        <Form.Item name="deny" label={t("wizard.deny")} extra={t("wizard.list.hint")}>
          <Input.TextArea rows={3} />
        </Form.Item>
      </div>
      <Form.Item name="blocked_channels" label={t("wizard.blocked")}>
        <Select mode="tags" tokenSeparators={[",", " "]} />
      </Form.Item>
    </>
  );
}
