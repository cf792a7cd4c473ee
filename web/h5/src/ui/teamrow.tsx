import type { TeamCard } from "../api/client";
import { full, missing } from "../logic/deal";
import { to } from "../router";
import { useSay } from "../text/text";
import { Button, LinkButton } from "./parts";
import { Avatar } from "./picture";
import { Countdown } from "./time";

/** TeamRows lists open teams; without join they can only be looked at. */
export function TeamRows({ teams, join }: { teams: readonly TeamCard[]; join: ((team: TeamCard) => void) | undefined }) {
  return (
    <ul className="team-rows">
      {teams.map((team) => (
        <li key={team.team_id}>
          <TeamRow team={team} join={join} />
        </li>
      ))}
    </ul>
  );
}

function TeamRow({ team, join }: { team: TeamCard; join: ((team: TeamCard) => void) | undefined }) {
  const say = useSay();
  const { people, forLess } = missing(team);
  return (
    <div className="team-row">
      <Avatar name={team.leader} />
      <span className="team-row-who">{team.leader}</span>
      <span className="team-row-left">
        <strong>{say(forLess ? "next_price_people" : "missing_people", { n: people })}</strong>
        <small>{say("team_left")} <Countdown until={team.expires_at} /></small>
      </span>
      {team.own || !join || full(team) ? (
        <LinkButton look="line" href={to("team", team.team_id)}>{say(team.own ? "own_team" : "view_team")}</LinkButton>
      ) : (
        <Button onClick={() => join(team)}>{say("join")}</Button>
      )}
    </div>
  );
}
