import type { TeamView } from "../api/client";
import { useSay } from "../text/text";
import { Icon } from "./icon";
import { Avatar } from "./picture";

const shown = 10; // places of a large team that are drawn; the rest is a number

/** Seats shows who is in a team and how many places are empty. */
export function Seats({ view }: { view: TeamView }) {
  const say = useSay();
  const people = view.members.filter((member) => member.status === "held" || member.status === "paid" || view.team.status === "failed");
  const size = Math.max(view.team.status === "formed" ? view.team.paid : view.team.target, people.length);
  const empty = view.team.status === "failed" ? 0 : size - people.length;
  const places = Math.min(size, shown);
  return (
    <ul className="seats" aria-label={say("seats_label")}>
      {people.slice(0, places).map((member, n) => (
        <li key={n} className={`seat ${member.leader ? "lead" : ""} ${member.status}`}>
          <span className="seat-face">
            <Avatar name={member.nickname} size="l" />
            {member.leader && <span className="seat-crown"><Icon name="crown" /></span>}
          </span>
          <span className="seat-name">{member.self ? say("self") : member.virtual ? say("seat_virtual") : member.nickname}</span>
          {(member.leader || member.status === "held") && <span className="seat-mark">{say(member.status === "held" ? "seat_waiting" : "leader")}</span>}
        </li>
      ))}
      {Array.from({ length: Math.max(0, Math.min(empty, places - people.length)) }, (_, n) => (
        <li key={`empty-${n}`} className="seat empty">
          <span className="seat-face"><span className="avatar avatar-l hole" aria-hidden="true"><Icon name="plus" /></span></span>
          <span className="seat-name">{say("empty_seat")}</span>
        </li>
      ))}
      {size > places && <li className="seat rest"><span className="seat-name">{say("seats_more", { n: size - places })}</span></li>}
    </ul>
  );
}
