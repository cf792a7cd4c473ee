import { describe, expect, test } from "vitest";
import { clock, leftUntil, minutesClock } from "../src/logic/countdown";
import { priceParts, short, yuan } from "../src/logic/money";
import { ServerTime } from "../src/logic/servertime";

describe("money", () => {
  test.each([
    [0, "0.00", "0"], [1, "0.01", "0.01"], [10, "0.10", "0.1"], [99, "0.99", "0.99"], [100, "1.00", "1"],
    [7900, "79.00", "79"], [2990, "29.90", "29.9"], [10_000_000_000, "100000000.00", "100000000"], [-550, "-5.50", "-5.5"],
  ])("%i fen", (fen, long, brief) => {
    expect(yuan(fen)).toBe(long);
    expect(short(fen)).toBe(brief);
  });

  test("a price tag leaves empty decimals out", () => {
    expect(priceParts(7900)).toEqual({ whole: "79", decimals: "" });
    expect(priceParts(7905)).toEqual({ whole: "79", decimals: ".05" });
    expect(priceParts(7950)).toEqual({ whole: "79", decimals: ".5" });
  });

  test("no amount ever goes through a fraction", () => {
    for (let fen = 0; fen < 100_000; fen += 7) {
      const [whole = "", decimals = ""] = yuan(fen).split(".");
      expect(Number(whole) * 100 + Number(decimals)).toBe(fen);
    }
  });
});

describe("countdown", () => {
  const end = Date.UTC(2026, 5, 1, 12);
  test.each([
    [0, "00:00:00", true], [1, "00:00:01", false], [999, "00:00:01", false], [1000, "00:00:01", false], [61_000, "00:01:01", false], [3_600_000, "01:00:00", false],
  ])("%i ms before the end", (before, text, over) => {
    const left = leftUntil(end, end - before);
    expect(clock(left)).toBe(text);
    expect(left.over).toBe(over);
  });

  test("days stand apart, and nothing is left after the end", () => {
    expect(leftUntil(end, end - 49 * 3_600_000)).toMatchObject({ days: 2, hours: 1, minutes: 0, seconds: 0 });
    expect(leftUntil(end, end + 5000)).toMatchObject({ over: true, days: 0, seconds: 0 });
  });

  test("a payment deadline is read in minutes, a long one in hours", () => {
    expect(minutesClock(leftUntil(end, end - 14 * 60_000 - 5_000))).toBe("14:05");
    expect(minutesClock(leftUntil(end, end - 25 * 3_600_000))).toBe("25:00:00");
  });
});

describe("the server's time", () => {
  test("a phone that is an hour slow counts down rightly", () => {
    let local = 1_000_000;
    const time = new ServerTime(() => local);
    local += 200; // the way of the answer
    time.learn(1_000_100 + 3_600_000, 1_000_000, 1);
    expect(time.now()).toBe(local + 3_600_000);
  });

  test("a vague instant does not spoil a sharp one", () => {
    let local = 0;
    const time = new ServerTime(() => local);
    time.learn(5_000, 0, 1);
    local = 1_000;
    time.learn(6_400, 1_000, 500); // says 5,400 ahead, and may be half a second off
    expect(time.now()).toBe(6_000);
  });

  test("a clock that was set meanwhile is noticed", () => {
    let local = 0;
    const time = new ServerTime(() => local);
    time.learn(0, 0, 1);
    local = -600_000;
    time.learn(2_000, -600_000, 500);
    expect(time.now()).toBe(2_000);
  });
});
