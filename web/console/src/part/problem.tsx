import { Alert, Button } from "antd";
import { ProblemError, type Problem } from "../api/problem";
import { useSpeaker } from "../text/language";

function Faults({ faults }: { faults: NonNullable<Problem["faults"]> }) {
  return (
    <ul className="faults">
      {faults.map((fault) => (
        <li key={fault.param + fault.detail}>
          <code>{fault.param}</code> {fault.value && <code>{fault.value}</code>} {fault.detail}
        </li>
      ))}
    </ul>
  );
}

// ProblemView tells what went wrong in the server's words, with what support needs to find it.
export function ProblemView({ error, retry }: { error: unknown; retry?: () => void }) {
  const { t, language } = useSpeaker();
  const known = error instanceof ProblemError ? error : null;
  const { problem } = known ?? { problem: {} as Problem };
  const fallback = known?.code === "offline" ? t("problem.offline") : t("problem.unknown");
  const colon = language === "en" ? ": " : "：";
  const detail = problem.detail && problem.detail !== problem.title ? problem.detail : "";
  return (
    <Alert
      type="error"
      showIcon
      role="alert"
      title={problem.title ?? fallback}
      description={
        <>
          {detail && <div>{problem.param && !problem.faults ? `${problem.param}${colon}${detail}` : detail}</div>}
          {problem.faults && <Faults faults={problem.faults} />}
          <div className="problem-trace">
            <code>{known?.code ?? String(error)}</code>
            {problem.request_id && (
              <>
                {" · "}
                {t("problem.request")} <code>{problem.request_id}</code>
              </>
            )}
          </div>
        </>
      }
      action={retry && <Button onClick={retry}>{t("problem.retry")}</Button>}
    />
  );
}
