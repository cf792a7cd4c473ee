import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, Button, Form, Input, Modal, Skeleton } from "antd";
import { lazy, Suspense, useContext, useState } from "react";
import { engine, take, type Engine } from "../../api/client";
import { useAct } from "../../part/act";
import { Head } from "../../part/head";
import { ProblemView } from "../../part/problem";
import { Pairs, Section } from "../../part/section";
import { State } from "../../part/state";
import { When } from "../../part/value";
import { CodeField } from "../../session/codefield";
import Enrol from "../../session/enrol";
import { OperatorContext } from "../../session/session";
import { useSpeaker } from "../../text/language";

const Password = lazy(() => import("../../session/password"));
const few = 3; // recovery codes, of ten, that are left when it is time for new ones

// Account is what an operator sets up about the own sign-in.
export default function Account() {
  const { t, term } = useSpeaker();
  const me = useContext(OperatorContext);
  const [changing, setChanging] = useState(false);
  return (
    <>
      <Head title={t("account.title")} about={t("account.about")} />
      <Section title={t("account.who")} extra={<Button onClick={() => setChanging(true)}>{t("password.title")}</Button>}>
        <Pairs items={[[t("operator.name"), me?.name], [t("login.login"), me?.login], [t("operator.role"), term("role", me?.role ?? "")]]} />
      </Section>
      <SecondFactor />
      {changing && <Suspense><Password close={() => setChanging(false)} /></Suspense>}
    </>
  );
}

function SecondFactor() {
  const { t } = useSpeaker();
  const client = useQueryClient();
  const [enrolling, setEnrolling] = useState(false);
  const [removing, setRemoving] = useState(false);
  const factor = useQuery({ queryKey: ["factor"], queryFn: () => take(engine.GET("/api/groupbuy/admin/v1/operators/me/second-factor")) });
  const done = () => {
    setEnrolling(false);
    for (const key of ["factor", "me", "operators", "audit"]) void client.invalidateQueries({ queryKey: [key] });
  };
  if (factor.isError) return <ProblemView error={factor.error} retry={() => void factor.refetch()} />;
  if (!factor.data) return <Section title={t("factor.title")}><Skeleton active title={false} /></Section>;
  const { on } = factor.data;
  const button = on ? <Button danger onClick={() => setRemoving(true)}>{t("factor.remove")}</Button> : !enrolling && <Button type="primary" onClick={() => setEnrolling(true)}>{t("factor.setup")}</Button>;
  return (
    <Section title={<>{t("factor.title")} <State of="factorState" value={on ? "on" : "off"} /></>} extra={!enrolling && button}>
      {enrolling ? <div className="factor-narrow"><Enrol done={done} /></div> : <Standing factor={factor.data} />}
      {removing && <Removal close={() => setRemoving(false)} />}
    </Section>
  );
}

function Standing({ factor }: { factor: Engine["SecondFactor"] }) {
  const { t } = useSpeaker();
  if (!factor.on) return <p className="muted">{t("factor.none")}</p>;
  const left = factor.recovery_codes_left;
  return (
    <>
      <Pairs items={[[t("factor.since"), <When at={factor.since} />], [t("factor.left"), left]]} />
      {left <= few && <Alert type="warning" showIcon title={t("factor.few")} className="wizard-gap" />}
      {factor.required && <p className="muted wizard-gap">{t("factor.required")}</p>}
    </>
  );
}

function Removal({ close }: { close: () => void }) {
  const { t } = useSpeaker();
  const [form] = Form.useForm<Engine["SecondFactorRemoval"]>();
  const act = useAct({
    run: (body: Engine["SecondFactorRemoval"]) => take(engine.POST("/api/groupbuy/admin/v1/operators/me/second-factor/remove", { body })),
    done: t("factor.removed"),
    touches: ["factor", "me", "operators", "audit"],
    then: close,
  });
  return (
    <Modal open title={t("factor.remove")} okText={t("factor.remove")} okButtonProps={{ danger: true }} onOk={form.submit} onCancel={close} confirmLoading={act.isPending}>
      <p className="muted">{t("factor.remove.about")}</p>
      <Form form={form} layout="vertical" requiredMark={false} onFinish={(values) => act.mutate(values)}>
        <Form.Item name="current_password" label={t("password.current")} rules={[{ required: true, message: t("login.password.missing") }]}>
          <Input.Password autoComplete="current-password" maxLength={512} />
        </Form.Item>
        <CodeField label={t("factor.code")} extra={t("factor.code.hint")} focus={false} />
      </Form>
    </Modal>
  );
}
