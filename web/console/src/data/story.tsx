import type { Engine } from "../api/client";
import { Track, type Step } from "../part/track";
import type { Speaker } from "../text/language";
import { useSpeaker } from "../text/language";
import { shorten } from "../part/ident";

type Moment = Engine["Moment"];

const tones: Record<string, Step["tone"]> = {
  formed: "good", paid: "good", failed: "bad", released: "warn", refunding: "warn", refunded: "warn",
};

// step says one moment of a team's or seat's history.
export function step(moment: Moment, { t, term }: Speaker): Step {
  const about = <code>{shorten(moment.subject)}</code>;
  if (moment.event_type) {
    return { at: moment.at, title: term("event", moment.event_type), about: <>{about} · <code>{moment.event_type}</code></>, tone: "event" };
  }
  const set = moment.subject.startsWith("team_") ? "teamState" : "seatState";
  const to = term(set, moment.to ?? "");
  const title = moment.from ? t("story.change", { from: term(set, moment.from), to }) : to;
  return { at: moment.at, title, about, tone: tones[moment.to ?? ""] };
}

// Story is the history of a team or seat.
export function Story({ timeline }: { timeline: Moment[] }) {
  const speaker = useSpeaker();
  return <Track steps={timeline.map((moment) => step(moment, speaker))} />;
}
