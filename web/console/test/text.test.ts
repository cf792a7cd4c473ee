import { describe, expect, it } from "vitest";
import { en } from "../src/text/en";
import { zh } from "../src/text/zh";
import { fill } from "../src/text/language";

// The places of a text for values: {n}.
const places = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(String).sort();

describe("texts", () => {
  it("exist in both languages with the same places for values", () => {
    for (const [key, text] of Object.entries(zh)) {
      expect(en, key).toHaveProperty([key]);
      // A share of the price is 八折 in one language and 80% in the other.
      if (key !== "plan.percent.text") expect(places(en[key as keyof typeof en]), key).toEqual(places(text));
    }
    expect(Object.keys(en).length).toBe(Object.keys(zh).length);
  });
  it("are in their own language", () => {
    for (const [key, text] of Object.entries(en)) expect(text, key).not.toMatch(/[\u4e00-\u9fff]/);
  });
  it("are filled", () => {
    expect(fill("{n} of {all}", { n: 1, all: 2 })).toBe("1 of 2");
    expect(fill("{n}", {})).toBe("{n}");
  });
});
