import { describe as group, expect, it } from "vitest";
import { ProblemError } from "../src/api/problem";
import { describe } from "../src/api/report";

group("a failure that is reported", () => {
  it("is bound, and holds no queries or fragments of addresses", () => {
    const failure = describe(Object.assign(new RangeError("at /orders?login=13800138000#x"), { stack: "s".repeat(5000) }));
    expect(failure?.message).toBe("RangeError: at /orders");
    expect(failure?.stack.length).toBe(4000);
    expect(describe("x".repeat(600))?.message.length).toBe(500);
    expect(describe({ password: "secret" })).toEqual({ message: "thrown: object", stack: "" });
  });
  it("is one of the page, not the server's no or the network's", () => {
    expect(describe(ProblemError.offline(new Error("gone")))).toBeNull();
    expect(describe(new ProblemError({ code: "forbidden" }, 403))).toBeNull();
  });
});
