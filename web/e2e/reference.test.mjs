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
  const { page, complaints } = await openPage(browser);
  await page.goto(`${server.url}/docs`);
  await page.getByRole("heading", { name: "Kaituan group-buy engine" }).waitFor();

  const operation = page.locator("#operations-goods-putGoods");
  await operation.click();
  await operation.getByRole("heading", { name: "Responses" }).waitFor();
  await operation.getByText("The goods as registered").waitFor();

  await look(page, "reference");
  assert.deepEqual(complaints, [], "nothing fails, nothing is fetched from elsewhere");
});
