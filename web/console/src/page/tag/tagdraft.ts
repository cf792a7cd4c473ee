import type { Engine } from "../../api/client";

// TagDraft is what the form holds: amounts and counts have fields of their own, as their inputs differ.
export interface TagDraft {
  name: string;
  kind: Engine["TagKind"];
  partner_id?: string;
  match: Engine["TagMatch"];
  conditions: { measure: Engine["TagMeasure"]; orders?: number; fen?: number; days?: number; from?: string; to?: string }[];
  daily_at?: string;
  every_minutes?: number;
}

// toRule says the form's conditions in the API's words. A length in days takes the place of a fixed window.
export function toRule({ match, conditions }: TagDraft): Engine["TagRule"] {
  return {
    match,
    conditions: conditions.map(({ measure, orders, fen, days, from, to }) => ({
      measure,
      at_least: (measure === "spend" ? fen : orders) ?? 1,
      ...(days ? { days } : { from, to }),
    })),
  };
}

// toSchedule: a time of day wins over a pace; neither is an empty schedule, which ends the regular jobs.
export function toSchedule({ daily_at, every_minutes }: TagDraft): Engine["TagSchedule"] {
  if (daily_at) return { daily_at };
  return every_minutes ? { every_minutes } : {};
}

export function scheduleOf(schedule: Engine["TagSchedule"] | undefined): Pick<TagDraft, "daily_at" | "every_minutes"> {
  return { daily_at: schedule?.daily_at, every_minutes: schedule?.every_minutes };
}
