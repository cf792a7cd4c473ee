import type { Engine } from "../../api/client";
import { useSpeaker } from "../../text/language";

// Fill shows how many of a team's places are paid, held and free.
export function Fill({ team }: { team: Engine["Team"] }) {
  const { t } = useSpeaker();
  const whole = Math.max(team.target, team.paid + team.held + team.virtual);
  const share = (n: number) => `${(n / whole) * 100}%`;
  const text = t("team.fill", { paid: team.paid, target: team.target, held: team.held, virtual: team.virtual });
  return (
    <span className="fill" title={text}>
      <span className="fill-bar" aria-hidden="true">
        <span className="fill-paid" style={{ width: share(team.paid) }} />
        <span className="fill-held" style={{ width: share(team.held) }} />
        <span className="fill-virtual" style={{ width: share(team.virtual) }} />
      </span>
      <span className="num">
        {team.paid}/{team.target}
        {team.held > 0 && <span className="muted"> +{team.held}</span>}
      </span>
      <span className="unseen">{text}</span>
    </span>
  );
}
