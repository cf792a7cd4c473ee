import type { Engine } from "../../api/client";
import { yuan } from "../../format/money";
import { minute } from "../../format/time";
import type { Speaker } from "../../text/language";

function conditionText(condition: Engine["TagCondition"], { t, term }: Speaker): string {
  const least = condition.measure === "spend" ? yuan(condition.at_least) : String(condition.at_least);
  const what = `${term("measure", condition.measure)} ≥ ${least}`;
  if (condition.days) return t("tag.condition.days", { what, n: condition.days });
  if (!condition.from && !condition.to) return what;
  return t("tag.condition.between", { what, from: condition.from ? minute(condition.from) : "…", to: condition.to ? minute(condition.to) : "…" });
}

// ruleText says a tag's rule in words.
export function ruleText(rule: Engine["TagRule"], speaker: Speaker): string {
  return rule.conditions.map((condition) => conditionText(condition, speaker)).join(` ${speaker.term("match", rule.match)} `);
}

// scheduleText says when a tag is computed.
export function scheduleText(schedule: Engine["TagSchedule"] | undefined, t: Speaker["t"]): string {
  if (schedule?.daily_at) return t("tag.daily", { at: schedule.daily_at });
  if (schedule?.every_minutes) return t("tag.every", { n: schedule.every_minutes });
  return "–";
}
