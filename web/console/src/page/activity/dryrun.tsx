import { CheckCircleFilled, CloseCircleFilled } from "@ant-design/icons";
import { Button, Form, Input, Segmented, Select, Skeleton } from "antd";
import { useMutation } from "@tanstack/react-query";
import { engine, take, type Engine } from "../../api/client";
import { mallPartner, useItems, type Activity, type Item } from "../../data/reference";
import { ProblemView } from "../../part/problem";
import { Section } from "../../part/section";
import { Money } from "../../part/value";
import { useSpeaker, type Speaker } from "../../text/language";

interface Question {
  buyer_id: string;
  channel: string;
  sku: string;
  joining: boolean;
}

// The two ids of a SKU in one value of a list. Ids have no blanks.
const join = (goods: string, sku: string) => `${goods} ${sku}`;

function skuOptions(activity: Activity, items: Item[]) {
  return items
    .filter((item) => activity.goods.includes(item.goods_id))
    .flatMap((item) => item.skus.map((sku) => ({ value: join(item.goods_id, sku.sku_id), label: `${item.name} · ${sku.name}` })));
}

// ruleName names a rule; those of prices come by their place in the activity: rules[0].
function ruleName(rule: string, { t, term }: Speaker): string {
  const place = /^rules\[(\d+)\]$/.exec(rule)?.[1];
  return place === undefined ? term("rule", rule) : t("rule.price", { n: Number(place) + 1 });
}

function Verdicts({ verdicts }: { verdicts: Engine["Verdict"][] }) {
  const speaker = useSpeaker();
  const { t } = speaker;
  return (
    <ul className="verdicts">
      {verdicts.map((verdict, n) => (
        <li key={n} className={verdict.ok ? "verdict-ok" : "verdict-no"}>
          {verdict.ok ? <CheckCircleFilled aria-label={t("dryrun.ok")} /> : <CloseCircleFilled aria-label={t("dryrun.no")} />}
          <div>
            <strong>{ruleName(verdict.rule, speaker)}</strong> <code>{verdict.rule}</code>
            <div className="muted">
              {verdict.detail}
              {verdict.value && (
                <>
                  {" — "}
                  <code>{verdict.value}</code>
                </>
              )}
            </div>
          </div>
        </li>
      ))}
    </ul>
  );
}

function Answer({ quote }: { quote: Engine["Quote"] }) {
  const { t, term } = useSpeaker();
  return (
    <div className="dryrun-answer" aria-live="polite">
      <div className="dryrun-price">
        <Money fen={quote.pay_price_fen} /> {quote.deduction_fen > 0 && <Money fen={quote.original_price_fen} strike />}
      </div>
      <p>
        {quote.joinable ? t("dryrun.may") : quote.visible ? t("dryrun.sees") : t("dryrun.hidden")}
        {quote.reason && <strong> {term("reason", quote.reason)}</strong>}
      </p>
      {quote.verdicts && <Verdicts verdicts={quote.verdicts} />}
    </div>
  );
}

// DryRun answers what a buyer would pay by this activity, in whatever state it is, and every reason why not.
export function DryRun({ activity }: { activity: Activity }) {
  const { t } = useSpeaker();
  const items = useItems(activity.partner_id);
  const options = skuOptions(activity, items.data ?? []);
  const ask = useMutation({
    mutationFn: ({ buyer_id, channel, sku, joining }: Question) => {
      const [goods_id = "", sku_id = ""] = sku.trim().split(/\s+/);
      const body = { buyer_id, channel, joining, items: [{ goods_id, sku_id }] };
      return take(engine.POST("/api/groupbuy/admin/v1/activities/{activity_id}/trial", { params: { path: { activity_id: activity.activity_id } }, body }));
    },
  });
  const needed = [{ required: true, message: t("wizard.needed") }];
  if (items.isLoading) return <Skeleton active title={false} />; // a form that came first would be without its SKU
  return (
    <Section title={t("dryrun.title")}>
      <p className="muted">{t("dryrun.about")}</p>
      <Form<Question> layout="vertical" requiredMark={false} initialValues={{ channel: activity.channels[0] ?? mallPartner, joining: false, sku: options[0]?.value }} onFinish={(values) => ask.mutate(values)}>
        <div className="wizard-row">
          <Form.Item name="buyer_id" label={t("dryrun.buyer")} rules={needed}>
            <Input placeholder="u1001" maxLength={64} />
          </Form.Item>
          <Form.Item name="channel" label={t("dryrun.channel")} rules={needed}>
            <Input maxLength={64} />
          </Form.Item>
        </div>
        <Form.Item name="sku" label={t("stock.sku")} rules={needed} extra={options.length === 0 ? t("dryrun.sku.hint") : undefined}>
          {options.length > 0 ? <Select options={options} showSearch={{ optionFilterProp: "label" }} /> : <Input placeholder="goods_id sku_id" />}
        </Form.Item>
        <Form.Item name="joining">
          <Segmented options={[{ value: false, label: t("dryrun.opening") }, { value: true, label: t("dryrun.joining") }]} />
        </Form.Item>
        <Button htmlType="submit" loading={ask.isPending}>{t("dryrun.ask")}</Button>
      </Form>
      {ask.isError && <ProblemView error={ask.error} />}
      {ask.data?.quotes.map((quote) => <Answer key={quote.sku_id} quote={quote} />)}
    </Section>
  );
}
