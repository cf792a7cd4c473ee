import { Link } from "react-router";
import { formedRate, sum, type Figures, type Sum } from "../../data/figures";
import { yuan } from "../../format/money";
import { Grid } from "../../list/table";
import { Section } from "../../part/section";
import { useSpeaker } from "../../text/language";

const most = 8;

interface Ranked extends Sum {
  activity_id: string;
  name: string;
}

// rank sums each activity over its days, the one with the highest turnover first.
export function rank(rows: readonly Figures[]): Ranked[] {
  const groups = Map.groupBy(rows, (row) => row.activity_id);
  return [...groups].map(([activity_id, of]) => ({ activity_id, name: of[0]!.name, ...sum(of) })).sort((a, b) => b.gmv_fen - a.gmv_fen);
}

// Best lists the activities that sell most.
export function Best({ rows }: { rows: Figures[] }) {
  const { t } = useSpeaker();
  const columns = [
    { title: t("team.activity"), render: (row: Ranked) => <Link className="cell-name" to={`/activities/${row.activity_id}`}>{row.name}</Link> },
    { title: t("figure.gmv"), render: (row: Ranked) => <span className="num">{yuan(row.gmv_fen)}</span>, align: "right" as const },
    { title: t("figure.paid"), render: (row: Ranked) => <span className="num">{row.seats_paid}</span>, align: "right" as const },
    { title: t("figure.opened"), render: (row: Ranked) => <span className="num">{row.teams_opened}</span>, align: "right" as const },
    { title: t("figure.rate"), render: (row: Ranked) => formedRate(row), align: "right" as const },
    { title: t("figure.newbuyers"), render: (row: Ranked) => <span className="num">{row.new_buyers}</span>, align: "right" as const },
  ];
  return (
    <Section title={t("dashboard.best")} extra={<Link to="/statistics">{t("nav.statistics")}</Link>} flush>
      <Grid name={t("dashboard.best")} columns={columns} rows={rank(rows).slice(0, most)} rowKey={(row) => row.activity_id} empty={null} />
    </Section>
  );
}
