import { ProblemError } from "../api/problem";
import { useSpeaker } from "../text/language";
import { Head } from "./head";
import { ProblemView } from "./problem";

// ProblemPage stands for a page whose subject could not be read, as when there is none by that id.
export function ProblemPage({ error, back, retry }: { error: unknown; back: { to: string; text: string }; retry: () => void }) {
  const { t } = useSpeaker();
  const gone = error instanceof ProblemError && error.status === 404;
  return (
    <>
      <Head title={t(gone ? "problem.gone" : "problem.unread")} back={back} />
      <ProblemView error={error} retry={gone ? undefined : retry} />
    </>
  );
}
