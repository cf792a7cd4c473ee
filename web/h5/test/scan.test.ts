import { expect, test } from "vitest";
import { drawing, phoneLink, stageIsOpen, stageOf } from "../src/logic/scan";

test.each([
  [{}, "starting"],
  [{ status: "waiting" }, "waiting"],
  [{ status: "scanned" }, "scanned"],
  [{ status: "confirmed" }, "entering"],
  [{ status: "refused" }, "refused"],
  [{ status: "expired" }, "expired"],
  [{ status: "used" }, "expired"],
  [{ status: "waiting", over: true }, "expired"],
  [{ status: "scanned", over: true }, "expired"],
  [{ status: "refused", over: true }, "refused"],
  [{ code: "scan_off" }, "off"],
  [{ status: "waiting", code: "scan_not_found" }, "expired"], // another tab has a newer code
  [{ status: "confirmed", code: "scan_ended" }, "expired"],
  [{ code: "scan_unavailable" }, "failed"],
  [{ status: "confirmed", unreached: true }, "failed"],
  [{ unreached: true }, "failed"],
] as const)("%o shows %s", (facts, stage) => {
  expect(stageOf(facts)).toBe(stage);
});

test("only what may still change is followed", () => {
  const open = (["starting", "waiting", "scanned", "entering", "refused", "expired", "failed", "off"] as const).filter(stageIsOpen);
  expect(open).toEqual(["waiting", "scanned", "entering"]);
});

test("the simulator's phone is a page, WeChat's own code is none", () => {
  expect(phoneLink("http://localhost:8080/sandbox/wechat/q/ABC")).toBe("http://localhost:8080/sandbox/wechat/q/ABC");
  for (const content of ["http://weixin.qq.com/q/02kxyz", "weixin://qr/abc", "javascript:/sandbox/wechat/q/1", "", "/sandbox/wechat/q/1"]) {
    expect(phoneLink(content), content).toBe("");
  }
});

test("a code is drawn black where it is black", () => {
  const rows = ["##.#", "....", ".###", "#..#"];
  const path = drawing({ size: 4, dark: (row, column) => rows[row]?.[column] === "#" });
  expect(path).toBe("M0 0h2v1h-2zM3 0h1v1h-1zM1 2h3v1h-3zM0 3h1v1h-1zM3 3h1v1h-1z");
});
