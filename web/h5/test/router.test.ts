import { expect, test } from "vitest";
import { placeOf, safeNext, to, type Page } from "../src/router";
import routes from "../src/routes.json";

test.each(Object.keys(routes) as Page[])("%s leads to itself", (page) => {
  const href = to(page, "a.b-c_1", { tab: "x" });
  const [path = "", search = ""] = href.split("?");
  const place = placeOf(path, `?${search}`);
  expect(place.page).toBe(page);
  expect(place.id).toBe(routes[page].includes("*") ? "a.b-c_1" : "");
  expect(place.query.get("tab")).toBe("x");
});

test("an address that is none leads nowhere", () => {
  for (const path of ["/nowhere", "/products/", "/products/a/b", "/teams", "/orders/", "//", "/products/%zz/x"]) {
    expect(placeOf(path, "").page, path).toBe("missing");
  }
  expect(placeOf("/products/%zz", "").id).toBe("%zz");
});

test("ids cannot leave their place in an address", () => {
  expect(to("product", "../my?x=1")).toBe("/products/..%2Fmy%3Fx%3D1");
});

// After the login a visitor goes on where the link says; it must be a page of ours.
test.each([
  ["/orders?tab=all", "/orders?tab=all"], [null, "/"], ["", "/"], ["//evil.example", "/"], ["https://evil.example", "/"],
  ["/\\evil.example", "/"], ["javascript:alert(1)", "/"], ["\\\\evil.example", "/"],
])("next %s", (next, want) => {
  expect(safeNext(next)).toBe(want);
});
