import { useEffect } from "react";
import { engine, take } from "../api/client";
import { useAct } from "../part/act";
import { useSpeaker } from "../text/language";
import Enrol from "./enrol";
import { Gate } from "./gate";

// Due is the page of an operator who must set up a second factor before anything else.
export default function Due({ done, leave }: { done: () => void; leave: () => void }) {
  const { t } = useSpeaker();
  useEffect(() => {
    document.title = `${t("factor.due")} · ${t("app.name")}`;
  }, [t]);
  const out = useAct({ run: () => take(engine.DELETE("/api/groupbuy/admin/v1/sessions")), touches: [], then: leave });
  return (
    <Gate title={t("factor.due")} about={t("factor.due.about")}>
      <Enrol done={done} />
      <p className="gate-help"><button type="button" className="linklike" onClick={() => out.mutate()}>{t("shell.out")}</button></p>
    </Gate>
  );
}
