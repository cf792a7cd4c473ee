import { Button, DatePicker, Form, Input, Modal } from "antd";
import dayjs, { type Dayjs } from "dayjs";
import { useState } from "react";
import { useNavigate } from "react-router";
import { engine, take } from "../../api/client";
import type { Activity } from "../../data/reference";
import { useAct } from "../../part/act";
import { useConfirm } from "../../part/confirm";
import { useMay } from "../../session/session";
import { useSpeaker } from "../../text/language";
import { Impact } from "./impact";

const touches = ["activities", "activity", "audit"];
type Verb = "publish" | "pause" | "end" | "archive";

function move(verb: Verb, id: string): Promise<Activity> {
  const init = { params: { path: { activity_id: id } } };
  switch (verb) {
    case "publish":
      return take(engine.POST("/api/groupbuy/admin/v1/activities/{activity_id}/publish", init));
    case "pause":
      return take(engine.POST("/api/groupbuy/admin/v1/activities/{activity_id}/pause", init));
    case "end":
      return take(engine.POST("/api/groupbuy/admin/v1/activities/{activity_id}/end", init));
    case "archive":
      return take(engine.POST("/api/groupbuy/admin/v1/activities/{activity_id}/archive", init));
  }
}

const verbs: Record<Activity["status"], Verb[]> = {
  draft: ["publish"],
  published: ["pause", "end"],
  paused: ["publish", "end"],
  ended: ["archive"],
  archived: [],
};

function Copy({ activity, close }: { activity: Activity; close: () => void }) {
  const { t } = useSpeaker();
  const go = useNavigate();
  const [form] = Form.useForm<{ name: string }>();
  const act = useAct({
    run: (body: { name: string }) => take(engine.POST("/api/groupbuy/admin/v1/activities/{activity_id}/copy", { params: { path: { activity_id: activity.activity_id } }, body })),
    done: t("activity.copied"),
    touches,
    then: (copy) => void go(`/activities/${copy.activity_id}/edit`),
  });
  return (
    <Modal open title={t("activity.copy")} okText={t("activity.copy")} onOk={form.submit} onCancel={close} confirmLoading={act.isPending}>
      <p className="muted">{t("activity.copy.about")}</p>
      <Form form={form} layout="vertical" initialValues={{ name: t("activity.copy.name", { name: activity.name }) }} onFinish={(values) => act.mutate(values)}>
        <Form.Item name="name" label={t("activity.name")} rules={[{ required: true, whitespace: true }]}>
          <Input maxLength={200} />
        </Form.Item>
      </Form>
    </Modal>
  );
}

function Change({ activity, close }: { activity: Activity; close: () => void }) {
  const { t } = useSpeaker();
  const [form] = Form.useForm<{ name: string; ends: Dayjs }>();
  const act = useAct({
    run: ({ name, ends }: { name: string; ends: Dayjs }) => {
      const body = { name: name === activity.name ? undefined : name, ends_at: ends.isSame(activity.ends_at) ? undefined : ends.toISOString() };
      return take(engine.PATCH("/api/groupbuy/admin/v1/activities/{activity_id}", { params: { path: { activity_id: activity.activity_id } }, body }));
    },
    done: t("activity.changed"),
    touches,
    then: close,
  });
  return (
    <Modal open title={t("activity.change")} okText={t("wizard.save")} onOk={form.submit} onCancel={close} confirmLoading={act.isPending}>
      <p className="muted">{t("activity.change.about")}</p>
      <Form form={form} layout="vertical" initialValues={{ name: activity.name, ends: dayjs(activity.ends_at) }} onFinish={(values) => act.mutate(values)}>
        <Form.Item name="name" label={t("activity.name")} rules={[{ required: true, whitespace: true }]}>
          <Input maxLength={200} />
        </Form.Item>
        <Form.Item name="ends" label={t("activity.ends")} rules={[{ required: true }]}>
          <DatePicker showTime={{ format: "HH:mm" }} format="YYYY-MM-DD HH:mm" minDate={dayjs(activity.ends_at)} />
        </Form.Item>
      </Form>
    </Modal>
  );
}

// ActivityActions are what may be done to an activity in its state.
export function ActivityActions({ activity }: { activity: Activity }) {
  const { t, term } = useSpeaker();
  const may = useMay("operator");
  const go = useNavigate();
  const confirm = useConfirm();
  const [open, setOpen] = useState<"copy" | "change" | null>(null);
  const act = useAct({ run: (verb: Verb) => move(verb, activity.activity_id), done: t("activity.moved"), touches });
  if (!may) return null;
  const ask = (verb: Verb) =>
    confirm({
      title: t(`activity.${verb}.title`, { name: activity.name }),
      about: (
        <>
          <p>{t(`activity.${verb}.about`)}</p>
          {verb !== "archive" && <Impact activity={activity} />}
        </>
      ),
      ok: verb === "publish" && activity.status === "paused" ? t("activity.resume") : term("activity.verb", verb),
      danger: verb === "end",
      run: () => act.mutateAsync(verb),
    });
  const editable = activity.status === "draft";
  const changeable = activity.status === "published" || activity.status === "paused";
  return (
    <>
      {editable && <Button onClick={() => void go(`/activities/${activity.activity_id}/edit`)}>{t("activity.edit")}</Button>}
      {changeable && <Button onClick={() => setOpen("change")}>{t("activity.change")}</Button>}
      <Button onClick={() => setOpen("copy")}>{t("activity.copy")}</Button>
      {verbs[activity.status].map((verb) => (
        <Button key={verb} type={verb === "publish" ? "primary" : "default"} danger={verb === "end"} onClick={() => ask(verb)}>
          {verb === "publish" && activity.status === "paused" ? t("activity.resume") : term("activity.verb", verb)}
        </Button>
      ))}
      {open === "copy" && <Copy activity={activity} close={() => setOpen(null)} />}
      {open === "change" && <Change activity={activity} close={() => setOpen(null)} />}
    </>
  );
}
