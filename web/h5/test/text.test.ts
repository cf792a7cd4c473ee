import { describe, expect, test } from "vitest";
import { en } from "../src/text/en";
import { fill } from "../src/text/fill";
import { firstLanguage } from "../src/text/text";
import { zh } from "../src/text/zh";

const keys = Object.keys(zh) as (keyof typeof zh)[];
const holes = (text: string) => new Set([...text.matchAll(/\{(\w+)/g)].map((match) => match[1]));

describe("both languages", () => {
  test("have the same keys", () => {
    expect(Object.keys(en).sort()).toEqual([...keys].sort());
  });

  test.each(keys)("%s says something, with the same values", (key) => {
    expect(zh[key].trim()).not.toBe("");
    expect(en[key].trim()).not.toBe("");
    expect([...holes(en[key])].sort()).toEqual([...holes(zh[key])].sort());
  });

  test.each(keys)("%s is in its own language", (key) => {
    if (key !== "language_other") expect(en[key]).not.toMatch(/[\u4e00-\u9fff]/);
  });
});

describe("fill", () => {
  test("puts values in and counts", () => {
    expect(fill("{n} {n|team|teams} of {who}", { n: 1, who: "A" })).toBe("1 team of A");
    expect(fill("{n} {n|team|teams}", { n: 0 })).toBe("0 teams");
    expect(fill("{n} {n|team|teams}", { n: 12 })).toBe("12 teams");
  });

  test("leaves alone what it has no value for, and never reads a value as a pattern", () => {
    expect(fill("{a} {b}", { a: "{b}" })).toBe("{b} {b}");
  });
});

test("the first visit speaks Chinese, unless the browser wants English or somebody chose", () => {
  expect(firstLanguage(null, ["zh-CN"])).toBe("zh-CN");
  expect(firstLanguage(null, ["fr-FR", "en"])).toBe("zh-CN");
  expect(firstLanguage(null, [])).toBe("zh-CN");
  expect(firstLanguage(null, ["en-GB", "zh"])).toBe("en");
  expect(firstLanguage("zh-CN", ["en"])).toBe("zh-CN");
  expect(firstLanguage("en", ["zh-CN"])).toBe("en");
  expect(firstLanguage("<b>", ["zh-CN"])).toBe("zh-CN");
});
