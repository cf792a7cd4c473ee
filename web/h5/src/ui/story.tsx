import { useRef } from "react";
import type { OrderView, Schema } from "../api/client";
import type { Line, Story, Tone } from "../logic/story";
import { storyOf, whyKey } from "../logic/story";
import { useTeam } from "../api/queries";
import { yuan } from "../logic/money";
import { useSay } from "../text/text";
import { Icon, type IconName } from "./icon";
import { Countdown, useClock } from "./time";

const icons: Record<Tone, IconName> = { wait: "clock", good: "check", bad: "undo", pay: "wallet" };

/**
 * useStory is where an order stands, its team looked up while that matters. Until the team is there the story is the one
 * before, or null: one that grows by a line would push the buttons below it away from the finger.
 */
export function useStory(view: OrderView, back = false): Story | null {
  const told = useRef<Story | null>(null);
  const team = useTeam(view.order.status === "teaming" ? (view.order.team_id ?? "") : "");
  if (!team.isLoading || team.failureCount > 0) told.current = storyOf(view, team.data?.team, back);
  return told.current;
}

/** StoryBoard tells where an order stands. It is read aloud when it changes. */
export function StoryBoard({ view, story }: { view: OrderView; story: Story }) {
  const tell = useTell();
  const say = useSay();
  return (
    <section className={`story ${story.tone}`} aria-live="polite">
      <span className="story-icon"><Icon name={icons[story.tone]} /></span>
      <h2>{tell(story.title)}</h2>
      {story.lines.map((line) => <p key={line.key}>{tell(line)}</p>)}
      {story.payable && view.order.expires_at && (
        <p className="story-clock">{say("pay_left")} <Countdown until={view.order.expires_at} short /></p>
      )}
    </section>
  );
}

function useTell(): (line: Line) => string {
  const say = useSay();
  const time = useClock();
  return (line) => say(line.key, { ...line.values, time: time(line.time), why: line.whyText || (line.why ? say(line.why) : "") });
}

/** Refunds lists what went back or goes back: how much, why, how far, which way. */
export function Refunds({ refunds }: { refunds: readonly Schema["Refund"][] }) {
  const say = useSay();
  const time = useClock();
  if (refunds.length === 0) return null;
  return (
    <section className="panel">
      <h2>{say("refund_line")}</h2>
      <ul className="refunds">
        {refunds.map((refund) => (
          <li key={refund.refund_no}>
            <p><strong>¥{yuan(refund.amount_fen)}</strong><span>{say(whyKey(refund.reason))}</span></p>
            <p className="soft">
              {refund.status === "succeeded" ? say("refund_state_done", { time: time(refund.ended_at) }) : say("refund_state_going")}
            </p>
          </li>
        ))}
      </ul>
    </section>
  );
}
