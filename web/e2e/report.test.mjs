// What the shop's pages tell the server of themselves: that they were opened, and that they broke.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { openBrowser, openPage, startServer, until } from "./harness.mjs";
import { sell } from "./market.mjs";

let server, browser;
before(async () => {
  server = await startServer("--demo-data", "false");
  browser = await openBrowser();
  await sell(server, "tea", { name: "明前龙井 250 克" });
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

// counted waits until a counter of the pages stands at a number.
async function counted(name, page, number) {
  const line = `kaituan_page_${name}_total{page="${page}"} ${number}\n`;
  await until(line, async () => (await (await fetch(`${server.privateURL}/metrics`)).text()).includes(line));
}

const reports = () => server.log().split("\n").filter((line) => line.includes('"page broke"')).map((line) => JSON.parse(line));

test("a page view is counted by its kind, as people move about", async () => {
  const { page } = await openPage(browser, server);
  await page.goto("/");
  await counted("views", "home", 1);
  await page.getByRole("link", { name: /明前龙井/ }).click();
  await counted("views", "product", 1);
  await page.goBack();
  await counted("views", "home", 2);
  await page.goto("/no/such/page");
  await counted("views", "missing", 1);
});

test("what breaks is told once, masked, in one line", async () => {
  const { page } = await openPage(browser, server);
  await page.goto("/orders");
  for (let i = 0; i < 3; i++) await page.evaluate(() => setTimeout(() => { throw new RangeError("no order for 13800138000"); }));
  await page.evaluate(() => void Promise.reject(new Error("nobody caught this")));
  await counted("errors", "orders", 2);
  const [first, second] = await until("both reports", () => reports().length === 2 && reports());
  assert.equal(first.said, "RangeError: no order for 138****8000");
  assert.equal(first.page, "orders");
  assert.match(first.browser, /Chrome/);
  assert.equal(second.said, "Error: nobody caught this");
});

test("a page that cannot be drawn says so to the visitor and to the server", async () => {
  const { page } = await openPage(browser, server, { locale: "en" });
  await page.route("**/api/mall/v1/products/tea", (route) => route.fulfill({ json: { server_time: new Date().toISOString(), product: { product_id: "tea" } } }));
  await page.goto("/products/tea");
  await page.getByRole("button", { name: "Reload" }).waitFor();
  await counted("errors", "product", 1);
});
