import { DownloadOutlined, UploadOutlined } from "@ant-design/icons";
import { Alert, Button, Form, Input, Segmented } from "antd";
import { useRef, useState } from "react";
import { engine, take, type Engine } from "../../api/client";
import { useAct } from "../../part/act";
import { useConfirm } from "../../part/confirm";
import { Section } from "../../part/section";
import { useMay } from "../../session/session";
import { useSpeaker } from "../../text/language";
import { names } from "../activity/draft";

type Edit = Engine["ListEdit"];
const touches = ["tag", "tagjobs", "tagsizes", "tags"];

function Upload({ answer }: { answer: Engine["TagUpload"] }) {
  const { t } = useSpeaker();
  return (
    <Alert
      type={answer.refused > 0 ? "warning" : "success"}
      showIcon
      title={t("members.uploaded", { lines: answer.lines, taken: answer.taken, refused: answer.refused })}
      description={
        answer.errors.length > 0 && (
          <ul className="faults">
            {answer.errors.map((error) => (
              <li key={error.line}>
                {t("members.line", { n: error.line })} {error.detail}
              </li>
            ))}
          </ul>
        )
      }
    />
  );
}

function upload(tag: string, edit: Edit, file: File): Promise<Engine["TagUpload"]> {
  return take(
    engine.POST("/api/groupbuy/admin/v1/tags/{tag_id}/members/csv", {
      params: { path: { tag_id: tag }, query: { edit } },
      body: file as unknown as string,
      bodySerializer: (body) => body as unknown as BodyInit,
      headers: { "Content-Type": "text/csv" },
    }),
  );
}

// Members edits the list of a manual tag, by hand or by a file; any tag's members can be had as a file.
export function Members({ tag }: { tag: Engine["Tag"] }) {
  const { t, term } = useSpeaker();
  const may = useMay("operator");
  const confirm = useConfirm();
  const [edit, setEdit] = useState<Edit>("add");
  const [text, setText] = useState("");
  const picker = useRef<HTMLInputElement>(null);
  const path = { tag_id: tag.tag_id };
  const list = useAct({
    run: (buyers: string[]) => take(engine.POST("/api/groupbuy/admin/v1/tags/{tag_id}/members", { params: { path }, body: { edit, buyers } })),
    done: t("members.done"),
    touches,
    then: () => setText(""),
  });
  const file = useAct({ run: (picked: File) => upload(tag.tag_id, edit, picked), touches });
  const careful = (run: () => Promise<unknown>) => {
    if (edit !== "replace") return void run().catch(() => undefined);
    confirm({ title: t("members.replace.title"), about: t("members.replace.about", { n: tag.members }), ok: term("edit", "replace"), danger: true, run });
  };
  const edits = (["add", "remove", "replace"] as const).map((value) => ({ value, label: term("edit", value) }));
  const buyers = names(text);
  const csv = `/api/groupbuy/admin/v1/tags/${tag.tag_id}/members/csv`;
  return (
    <Section title={t("members.title")} extra={<Button size="small" icon={<DownloadOutlined />} href={csv} download={`${tag.tag_id}.csv`}>CSV</Button>}>
      {tag.kind === "rule" || !may ? (
        <p className="muted">{t(tag.kind === "rule" ? "members.rule" : "members.read")}</p>
      ) : (
        <Form layout="vertical">
          <Form.Item><Segmented options={edits} value={edit} onChange={(value) => setEdit(value)} /></Form.Item>
          <Form.Item label={t("members.buyers")} htmlFor="members-buyers" extra={t("members.hint")}>
            <Input.TextArea id="members-buyers" rows={4} value={text} onChange={(event) => setText(event.target.value)} />
          </Form.Item>
          <div className="wizard-foot">
            <Button type="primary" disabled={buyers.length === 0} loading={list.isPending} onClick={() => careful(() => list.mutateAsync(buyers))}>
              {t("members.go", { n: buyers.length })}
            </Button>
            <Button icon={<UploadOutlined />} loading={file.isPending} onClick={() => picker.current?.click()}>{t("members.file")}</Button>
            <input
              ref={picker}
              hidden
              type="file"
              accept=".csv,text/csv"
              aria-label={t("members.file")}
              onChange={(event) => {
                const picked = event.target.files?.[0];
                event.target.value = "";
                if (picked) careful(() => file.mutateAsync(picked));
              }}
            />
          </div>
          {file.data && <Upload answer={file.data} />}
        </Form>
      )}
    </Section>
  );
}
