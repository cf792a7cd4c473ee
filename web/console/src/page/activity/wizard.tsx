import { App, Button, Form, Skeleton, Steps } from "antd";
import dayjs from "dayjs";
import { useMemo, useState } from "react";
import { useNavigate, useParams } from "react-router";
import { engine, take } from "../../api/client";
import { useActivity, useItems, type Activity } from "../../data/reference";
import { useAct } from "../../part/act";
import { Head } from "../../part/head";
import { ProblemView } from "../../part/problem";
import { Section } from "../../part/section";
import { useSpeaker } from "../../text/language";
import { blank, fromActivity, toInput, type Draft } from "./draft";
import { Preview } from "./preview";
import { StepAudience, StepGoods, StepLimits, StepPrice, StepTeam } from "./steps";

const steps = [StepGoods, StepPrice, StepTeam, StepLimits, StepAudience];
const names = ["wizard.goods", "wizard.price", "wizard.team", "wizard.limits", "wizard.audience"] as const;

// places are the fields of the later steps; what is in none of them is in the first.
const places: (keyof Draft)[][] = [
  [],
  ["rules", "tiers", "leader_discount_fen"],
  ["team_size", "team_ttl_minutes", "seat_ttl_minutes", "window", "close_teams_at_end", "min_real", "buy_alone"],
  ["max_quantity", "limits", "stock"],
  ["rollout_percent", "see", "join", "new_buyers_only", "instant_tag", "allow", "deny", "blocked_channels"],
];

function stepOf(field: unknown): number {
  return Math.max(0, places.findIndex((fields) => fields.includes(field as keyof Draft)));
}

// save writes a draft, which may be incomplete: publishing reports everything that is missing.
function save(id: string | undefined, draft: Draft): Promise<Activity> {
  const body = toInput(draft);
  if (!id) return take(engine.POST("/api/groupbuy/admin/v1/activities", { body }));
  return take(engine.PUT("/api/groupbuy/admin/v1/activities/{activity_id}", { params: { path: { activity_id: id } }, body }));
}

function Sheet({ id, initial }: { id?: string; initial: Draft }) {
  const { t } = useSpeaker();
  const { message } = App.useApp();
  const go = useNavigate();
  const [form] = Form.useForm<Draft>();
  const [step, setStep] = useState(0);
  const partner = Form.useWatch("partner_id", form) ?? initial.partner_id;
  const items = useItems(partner);
  const act = useAct({
    run: (draft: Draft) => save(id, draft),
    done: t("wizard.saved"),
    touches: ["activities", "activity"],
    then: (activity) => void go(`/activities/${activity.activity_id}`, { replace: true }),
  });
  const refused = (faulty: { errorFields: { name: (string | number)[] }[] }) => {
    setStep(stepOf(faulty.errorFields[0]?.name[0]));
    void message.warning(t("wizard.incomplete"));
  };
  const last = step === steps.length - 1;
  return (
    <Form<Draft> form={form} layout="vertical" initialValues={initial} requiredMark="optional" onFinish={() => act.mutate(form.getFieldsValue(true) as Draft)} onFinishFailed={refused} scrollToFirstError>
      <div className="split">
        <Section>
          <Steps current={step} onChange={setStep} size="small" responsive items={names.map((name) => ({ title: t(name) }))} className="wizard-steps" />
          {steps.map((Step, n) => (
            <div key={n} hidden={n !== step}>
              <Step partner={partner} items={items.data ?? []} />
            </div>
          ))}
          <div className="wizard-foot">
            <Button disabled={step === 0} onClick={() => setStep(step - 1)}>{t("wizard.back")}</Button>
            {!last && <Button onClick={() => setStep(step + 1)}>{t("wizard.next")}</Button>}
            <Button type="primary" htmlType="submit" loading={act.isPending}>{t("wizard.save")}</Button>
          </div>
        </Section>
        <div className="sticky">
          <Preview items={items.data ?? []} />
          <p className="muted">{t("wizard.after")}</p>
        </div>
      </div>
    </Form>
  );
}

// Wizard writes a new draft, or rewrites one.
export default function Wizard() {
  const { id } = useParams();
  const { t } = useSpeaker();
  const known = useActivity(id);
  const initial = useMemo(() => (known.data ? fromActivity(known.data) : id ? null : blank(dayjs())), [known.data, id]);
  const back = id ? { to: `/activities/${id}`, text: known.data?.name ?? id } : { to: "/activities", text: t("nav.activities") };
  return (
    <>
      <Head title={t(id ? "wizard.edit" : "activity.new")} about={t("wizard.about")} back={back} />
      {known.isError && <ProblemView error={known.error} retry={() => void known.refetch()} />}
      {initial ? <Sheet id={id} initial={initial} /> : !known.isError && <Skeleton active title={false} />}
    </>
  );
}
