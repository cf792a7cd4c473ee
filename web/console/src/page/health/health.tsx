import { Alert } from "antd";
import { useJobs, useReport, type Job, type Report, type Side } from "../../data/health";
import { useFilters } from "../../list/filters";
import { Grid } from "../../list/table";
import { Tabs } from "../../list/tabs";
import { Head } from "../../part/head";
import { ProblemView } from "../../part/problem";
import { Section } from "../../part/section";
import { State } from "../../part/state";
import { Vacant } from "../../part/vacant";
import { Ago, When } from "../../part/value";
import { fill, useSpeaker, type Speaker } from "../../text/language";

// said is the text of a code in the reader's language, or what the server says when it knows more codes than we do.
function said(term: Speaker["term"], prefix: string, code: string, fallback: string): string {
  const text = term(prefix, code);
  return text === code ? fallback : text;
}

// looked groups what was looked at by its invariant: "401 seats, 336 teams".
function looked(rows: Report["rows"], { term, language }: Speaker): { invariant: string; rows: string }[] {
  const counts = Map.groupBy(rows, (row) => row.invariant);
  return [...counts].map(([invariant, of]) => ({
    invariant,
    rows: of.map(({ what, rows: n }) => fill(said(term, "rows", what, `{n} ${what}`), { n: n.toLocaleString("en-US") })).join(language === "en" ? ", " : "，"),
  }));
}

function jobState(job: Job): string {
  if (job.failures > 0) return "failed";
  return job.holder || job.every_seconds === undefined ? "running" : "waiting";
}

function jobColumns({ t, term, length }: Speaker) {
  return [
    { title: t("job.name"), className: "wrap", render: (row: Job) => <span className="cell-two"><code>{row.name}</code><small>{said(term, "jobAbout", row.name, row.about)}</small></span> },
    { title: t("job.state"), render: (row: Job) => <State of="jobHealth" value={jobState(row)} /> },
    { title: t("job.backlog"), render: (row: Job) => (row.backlog < 0 ? "–" : row.backlog >= 1000 ? "1000+" : row.backlog), align: "right" as const },
    { title: t("job.every"), render: (row: Job) => (row.every_seconds ? length(row.every_seconds * 1000) : "–") },
    { title: t("job.last"), render: (row: Job) => <Ago at={row.ended_at ?? row.started_at} /> },
    { title: t("job.took"), render: (row: Job) => (row.duration_ms === undefined ? "–" : length(row.duration_ms)) },
    { title: t("job.handled"), render: (row: Job) => <span className="num">{row.handled_total.toLocaleString("en-US")}</span>, align: "right" as const },
    { title: t("job.next"), render: (row: Job) => <When at={row.next_at} /> },
    { title: t("job.holder"), render: (row: Job) => row.holder ?? "–" },
    { title: t("refund.error"), className: "wrap", render: (row: Job) => row.last_error ?? "–" },
  ];
}

function Violations({ report }: { report: Report }) {
  const speaker = useSpeaker();
  const { t, term } = speaker;
  const columns = [
    { title: t("invariant.rule"), dataIndex: "invariant" },
    { title: t("invariant.row"), render: (row: Report["violations"][number]) => <code>{row.subject}</code> },
    { title: t("invariant.detail"), className: "wrap", dataIndex: "detail" },
    { title: t("invariant.remedy"), className: "wrap", render: (row: Report["violations"][number]) => said(term, "remedy", row.invariant, row.remedy ?? "") },
  ];
  const rules = [
    { title: t("invariant.rule"), dataIndex: "invariant" },
    { title: t("invariant.what"), className: "wrap", render: (row: { invariant: string }) => said(term, "inv", row.invariant, "–") },
    { title: t("invariant.rows"), className: "wrap num", dataIndex: "rows" },
  ];
  return (
    <>
      <Alert type={report.holds ? "success" : "error"} showIcon title={t(report.holds ? "invariant.holds" : "invariant.broken", { n: report.violations.length })} description={<>{t("invariant.looked")} <When at={report.started_at} exact /></>} />
      {report.left_out.length > 0 && <Alert className="wizard-gap" type="warning" showIcon title={t("invariant.leftout")} description={report.left_out.join("; ")} />}
      {report.violations.length > 0 && <div className="wizard-gap"><Grid name={t("invariant.violations")} columns={columns} rows={report.violations} rowKey={(row) => `${row.invariant} ${row.subject} ${row.detail}`} empty={null} /></div>}
      <div className="wizard-gap">
        <Grid name={t("invariant.rowsname")} columns={rules} rows={looked(report.rows, speaker)} rowKey={(row) => row.invariant} empty={<Vacant title={t("invariant.norows")} />} />
      </div>
    </>
  );
}

// Health tells what is done by the clock, and whether the books keep their promises.
export default function Health() {
  const speaker = useSpeaker();
  const { t } = speaker;
  const [filters, change] = useFilters(["side"] as const);
  const side: Side = filters.side === "mall" ? "mall" : "engine";
  const jobs = useJobs(side);
  const report = useReport(side);
  const options = [{ value: "engine", label: t("health.engine") }, { value: "mall", label: t("health.mall") }];
  return (
    <>
      <Head title={t("nav.health")} about={t("health.about")} />
      <Tabs name={t("nav.health")} value={side} options={options} change={(value) => change({ side: value })} />
      <Section title={t("health.jobs")} flush>
        {jobs.isError && !jobs.data ? <ProblemView error={jobs.error} retry={() => void jobs.refetch()} /> : <Grid name={t("health.jobs")} columns={jobColumns(speaker)} rows={jobs.data ?? []} rowKey={(row) => row.name} loading={jobs.isPending} empty={<Vacant title={t("job.none")} />} />}
      </Section>
      <Section title={t("health.invariants")}>
        {report.isError && !report.data ? <ProblemView error={report.error} retry={() => void report.refetch()} /> : report.data && <Violations report={report.data} />}
      </Section>
    </>
  );
}
