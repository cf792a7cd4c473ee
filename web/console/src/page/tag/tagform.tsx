import { DeleteOutlined, PlusOutlined } from "@ant-design/icons";
import { Button, Form, Input, InputNumber, Modal, Segmented, Select } from "antd";
import { engine, take, type Engine } from "../../api/client";
import { usePartnerOptions } from "../../data/reference";
import { useAct } from "../../part/act";
import { YuanInput } from "../../part/yuaninput";
import { useSpeaker } from "../../text/language";
import { scheduleOf, toRule, toSchedule, type TagDraft } from "./tagdraft";

function Condition({ at, remove, only }: { at: number; remove: () => void; only: boolean }) {
  const { t, term } = useSpeaker();
  const measure = Form.useWatch(["conditions", at, "measure"]) as Engine["TagMeasure"] | undefined;
  const measures = (["order_count", "spend"] as const).map((value) => ({ value, label: term("measure", value) }));
  return (
    <div className="wizard-line">
      <Form.Item name={[at, "measure"]} noStyle>
        <Select aria-label={t("tag.measure")} options={measures} style={{ width: 130 }} />
      </Form.Item>
      <span>≥</span>
      <Form.Item name={[at, measure === "spend" ? "fen" : "orders"]} noStyle rules={[{ required: true }]}>
        {measure === "spend" ? <YuanInput label={t("tag.least")} /> : <InputNumber aria-label={t("tag.least")} min={1} style={{ width: 110 }} />}
      </Form.Item>
      <Form.Item name={[at, "days"]} noStyle>
        <InputNumber aria-label={t("tag.days")} placeholder={t("tag.anytime")} min={1} max={3650} suffix={t("tag.days")} style={{ width: 170 }} />
      </Form.Item>
      <Button type="text" icon={<DeleteOutlined />} aria-label={t("wizard.remove")} onClick={remove} disabled={only} />
    </div>
  );
}

function RuleFields() {
  const { t, term } = useSpeaker();
  const matches = (["all", "any"] as const).map((value) => ({ value, label: term("matches", value) }));
  return (
    <>
      <Form.Item name="match" label={t("tag.match")}>
        <Segmented options={matches} />
      </Form.Item>
      <Form.List name="conditions">
        {(fields, { add, remove }) => (
          <Form.Item label={t("tag.conditions")} extra={t("tag.conditions.hint")}>
            {fields.map((field) => <Condition key={field.key} at={field.name} remove={() => remove(field.name)} only={fields.length === 1} />)}
            <Button icon={<PlusOutlined />} onClick={() => add({ measure: "order_count", orders: 1 })}>{t("tag.condition.add")}</Button>
          </Form.Item>
        )}
      </Form.List>
      <div className="wizard-row">
        <Form.Item name="daily_at" label={t("tag.dailyat")} extra={t("tag.schedule.hint")} rules={[{ pattern: /^([01]\d|2[0-3]):[0-5]\d$/ }]}>
          <Input placeholder="03:30" maxLength={5} />
        </Form.Item>
        <Form.Item name="every_minutes" label={t("tag.everyminutes")}>
          <InputNumber min={10} max={43200} suffix={t("wizard.minutes")} style={{ width: "100%" }} />
        </Form.Item>
      </div>
    </>
  );
}

function initialOf(tag: Engine["Tag"] | undefined): TagDraft {
  if (!tag) return { name: "", kind: "rule", match: "all", conditions: [{ measure: "order_count", orders: 1 }] };
  const conditions = tag.rule?.conditions.map(({ at_least, ...rest }) => (rest.measure === "spend" ? { ...rest, fen: at_least } : { ...rest, orders: at_least }));
  return { name: tag.name, kind: tag.kind, match: tag.rule?.match ?? "all", conditions: conditions ?? [], ...scheduleOf(tag.schedule) };
}

function save(tag: Engine["Tag"] | undefined, draft: TagDraft): Promise<Engine["Tag"]> {
  const rule = draft.kind === "rule" ? toRule(draft) : undefined;
  const schedule = draft.kind === "rule" ? toSchedule(draft) : undefined;
  if (tag) {
    return take(engine.PATCH("/api/groupbuy/admin/v1/tags/{tag_id}", { params: { path: { tag_id: tag.tag_id } }, body: { name: draft.name, rule, schedule } }));
  }
  const body = { name: draft.name, kind: draft.kind, partner_id: draft.partner_id, rule, schedule };
  return take(engine.POST("/api/groupbuy/admin/v1/tags", { body }));
}

// TagForm makes a tag, or changes one.
export default function TagForm({ tag, close }: { tag?: Engine["Tag"]; close: () => void }) {
  const { t, term } = useSpeaker();
  const partners = usePartnerOptions();
  const [form] = Form.useForm<TagDraft>();
  const kind = Form.useWatch("kind", form) ?? tag?.kind ?? "rule";
  const act = useAct({ run: (draft: TagDraft) => save(tag, draft), done: t("wizard.saved"), touches: ["tags", "tag", "tagjobs", "audit"], then: close });
  const kinds = (["rule", "manual"] as const).map((value) => ({ value, label: term("tagKind", value) }));
  return (
    <Modal open width={680} title={t(tag ? "tag.change" : "tag.new")} okText={t("wizard.save")} onOk={form.submit} onCancel={close} confirmLoading={act.isPending}>
      <Form<TagDraft> form={form} layout="vertical" requiredMark="optional" initialValues={initialOf(tag)} onFinish={() => act.mutate(form.getFieldsValue(true) as TagDraft)}>
        <Form.Item name="name" label={t("tag.name")} rules={[{ required: true, whitespace: true, message: t("wizard.needed") }]}>
          <Input maxLength={100} />
        </Form.Item>
        {!tag && (
          <>
            <Form.Item name="kind" label={t("tag.kind")} extra={t(kind === "rule" ? "tag.rule.hint" : "tag.manual.hint")}>
              <Segmented options={kinds} />
            </Form.Item>
            <Form.Item name="partner_id" label={t("activity.partner")} rules={[{ required: kind === "manual", message: t("wizard.needed") }]}>
              <Select allowClear options={partners} placeholder={t("list.every")} />
            </Form.Item>
          </>
        )}
        {kind === "rule" && <RuleFields />}
      </Form>
    </Modal>
  );
}
