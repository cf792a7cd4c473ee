import { ratio, type Sum } from "../../data/figures";
import { Section } from "../../part/section";
import { useSpeaker } from "../../text/language";

// Outcome says what became of the teams that were opened: a bar for each end, and one for those that still gather.
export function Outcome({ total }: { total: Sum }) {
  const { t } = useSpeaker();
  const gathering = Math.max(0, total.teams_opened - total.teams_formed - total.teams_failed);
  const all = total.teams_formed + total.teams_failed + gathering;
  const bars = [
    { name: t("figure.formed"), n: total.teams_formed, tone: "good" },
    { name: t("figure.failed"), n: total.teams_failed, tone: "bad" },
    { name: t("outcome.gathering"), n: gathering, tone: "busy" },
  ];
  return (
    <Section title={t("outcome.title")}>
      <ul className="outcome">
        {bars.map(({ name, n, tone }) => (
          <li key={tone}>
            <span>{name}</span>
            <strong>{n}</strong>
            <span className="muted">{ratio(n, all) ?? 0}%</span>
            <meter className={`meter-${tone}`} min={0} max={Math.max(1, all)} value={n} aria-label={name} />
          </li>
        ))}
      </ul>
      <p className="muted">{t("outcome.people", { paid: total.seats_paid, refunded: total.seats_refunded })}</p>
    </Section>
  );
}
