import { describe, expect, it } from "vitest";
import { parseYuan, percent, yuan, yuanInput, yuanShort } from "../src/format/money";
import { chinaDay, daysBetween, span } from "../src/format/time";

describe("amounts", () => {
  it.each([
    [0, "¥0.00"], [1, "¥0.01"], [105, "¥1.05"], [123450, "¥1,234.50"], [-7990, "-¥79.90"], [100_000_000, "¥1,000,000.00"],
  ])("%d fen are read as %s", (fen, text) => expect(yuan(fen)).toBe(text));

  it.each([
    ["79.9", 7990], ["79.90", 7990], ["1,200", 120000], ["¥5", 500], ["￥ 5，000", 500000], ["0.01", 1],
    ["", undefined], ["1.234", undefined], ["-1", undefined], ["1e3", undefined], ["abc", undefined], ["1.", undefined], ["1234567890", undefined],
  ])("%s is typed for %s fen", (text, fen) => expect(parseYuan(text)).toBe(fen));

  it("what is shown in a field is read as the same amount", () => {
    for (const fen of [0, 1, 99, 100, 101, 7990, 123456789]) expect(parseYuan(yuanInput(fen))).toBe(fen);
    expect(yuanInput(undefined)).toBe("");
  });

  it.each([[0, "¥0"], [99900, "¥999"], [1_234_500, "¥12.3k"], [450_000_000, "¥4.5M"], [-1_234_500, "¥-12.3k"]])(
    "an axis says %d fen as %s", (fen, text) => expect(yuanShort(fen)).toBe(text),
  );

  it("says basis points as percent", () => {
    expect(percent(8250)).toBe("82.5%");
    expect(percent(10000)).toBe("100%");
  });
});

describe("lengths of time", () => {
  it.each([
    [999, 999, "ms"], [1000, 1, "second"], [1500, 1.5, "second"], [59_999, 60, "second"], [90_000, 1.5, "minute"],
    [7_200_000, 2, "hour"], [15 * 86_400_000, 15, "day"],
  ])("%d ms are %d of a %s", (ms, value, unit) => expect(span(ms)).toEqual({ value, unit }));
});

describe("days", () => {
  it("change at midnight in China", () => {
    expect(chinaDay(0, Date.UTC(2026, 10, 20, 15, 59))).toBe("2026-11-20");
    expect(chinaDay(0, Date.UTC(2026, 10, 20, 16, 0))).toBe("2026-11-21");
    expect(chinaDay(1, Date.UTC(2026, 10, 20, 16, 0))).toBe("2026-11-20");
  });
  it("are listed over the end of a month", () => {
    expect(daysBetween("2026-02-27", "2026-03-01")).toEqual(["2026-02-27", "2026-02-28", "2026-03-01"]);
    expect(daysBetween("2026-03-02", "2026-03-01")).toEqual([]);
  });
});
