import { describe, expect, it } from "vitest";
import { byDay, formedRate, ratio, sum, type Figures } from "../src/data/figures";
import { differences } from "../src/page/audit/diff";
import { scheduleOf, toRule, toSchedule } from "../src/page/tag/tagdraft";

function figures(day: string, formed: number, fill?: number): Figures {
  return {
    day, gmv_fen: 100, teams_opened: formed, teams_formed: formed, teams_failed: 1, seats_paid: 2, seats_refunded: 1, new_buyers: 1, median_fill_ms: fill,
  } as Figures;
}

describe("sums of statistics", () => {
  it("weigh the medians by the teams that formed", () => {
    const total = sum([figures("2026-11-01", 9, 1000), figures("2026-11-01", 1, 9000), figures("2026-11-01", 5)]);
    expect(total).toMatchObject({ gmv_fen: 300, teams_formed: 15, teams_failed: 3, fill_ms: 1000 });
    expect(sum([]).fill_ms).toBeUndefined();
  });
  it("have a day without rows as zero", () => {
    expect(byDay([figures("2026-11-02", 1)], ["2026-11-01", "2026-11-02"]).map((day) => day.gmv_fen)).toEqual([0, 100]);
  });
  it("have no rate of nothing", () => {
    expect(ratio(1, 0)).toBeUndefined();
    expect(formedRate({ teams_formed: 0, teams_failed: 0 })).toBe("–");
    expect(formedRate({ teams_formed: 2, teams_failed: 1 })).toBe("66.7%");
  });
});

describe("the differences of a change", () => {
  it("name the leaves that differ", () => {
    expect(differences({ name: "a", limits: { open: 1, join: 2 }, goods: ["x"] }, { name: "a", limits: { open: 3, join: 2 }, goods: ["x", "y"], on: true })).toEqual([
      { field: "goods", before: '["x"]', after: '["x","y"]' },
      { field: "limits.open", before: "1", after: "3" },
      { field: "on", before: undefined, after: "true" },
    ]);
  });
  it("are all fields of something new", () => {
    expect(differences(null, { name: "a" })).toEqual([{ field: "name", before: undefined, after: "a" }]);
    expect(differences(undefined, undefined)).toEqual([]);
  });
});

describe("the rule of a tag", () => {
  it("takes a length in days in place of a window", () => {
    const conditions = [
      { measure: "spend", fen: 10000, days: 30, from: "2026-01-01" },
      { measure: "paid_orders", orders: 2, from: "2026-01-01", to: "2026-02-01" },
    ] as Parameters<typeof toRule>[0]["conditions"];
    expect(toRule({ name: "n", kind: "rule", match: "all", conditions } as Parameters<typeof toRule>[0])).toEqual({
      match: "all",
      conditions: [
        { measure: "spend", at_least: 10000, days: 30 },
        { measure: "paid_orders", at_least: 2, from: "2026-01-01", to: "2026-02-01" },
      ],
    });
  });
  it("has one schedule or none", () => {
    expect(toSchedule({ daily_at: "03:00", every_minutes: 5 } as Parameters<typeof toSchedule>[0])).toEqual({ daily_at: "03:00" });
    expect(toSchedule({ every_minutes: 5 } as Parameters<typeof toSchedule>[0])).toEqual({ every_minutes: 5 });
    expect(toSchedule({} as Parameters<typeof toSchedule>[0])).toEqual({});
    expect(scheduleOf(undefined)).toEqual({ daily_at: undefined, every_minutes: undefined });
  });
});
