// The API reference, which partner developers read first.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { look, openBrowser, openPage, startServer } from "./harness.mjs";

let server, browser;
before(async () => {
  server = await startServer();
  browser = await openBrowser();
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

test("the reference of the engine opens, and an operation tells its answers", async () => {
  const { page, complaints } = await openPage(browser, server);
  await page.goto("/docs");
  await look(page, "reference-index");
  await page.getByRole("link", { name: "拼团引擎接口" }).click();
  await page.getByRole("heading", { name: "Kaituan group-buy engine" }).waitFor();

  const operation = page.locator("#operations-goods-putGoods");
  await operation.click();
  await operation.getByRole("heading", { name: "Responses" }).waitFor();
  await operation.getByText("The goods as registered").waitFor();

  await look(page, "reference");
  assert.deepEqual(complaints, [], "nothing fails, nothing is fetched from elsewhere");
});

test("the reference of the shop and the error codes open in both languages", async () => {
  for (const locale of ["zh-CN", "en"]) {
    const { page, complaints } = await openPage(browser, server, { locale, phone: locale === "en" });
    await page.goto("/docs/mall");
    await page.getByRole("heading", { name: "Kaituan mall" }).waitFor();
    await page.goto("/docs/errors");
    await page.getByText("idempotency_mismatch").first().waitFor();
    await look(page, `errors-${locale}`);
    assert.deepEqual(complaints, [], locale);
  }
});
