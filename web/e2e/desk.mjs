// The operators' console in tests: how its first operator comes in, what it has to show, and how its forms are filled.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { call, openPage, startServer, until } from "./harness.mjs";
import { operate } from "./market.mjs";

export const operator = { login: "lilei", name: "李雷", password: "tea-at-four-o-clock" };

// startHastyServer starts a shop without demo data whose refunds go to a person within a second of refusals.
export async function startHastyServer() {
  const folder = await mkdtemp(path.join(tmpdir(), "kaituan-e2e-"));
  try {
    await writeFile(path.join(folder, "hasty.yaml"), "mall: { refund_retry: 20ms, ship_after: 0s }\n");
    return await startServer("--demo-data", "false", "--config", path.join(folder, "hasty.yaml"));
  } finally {
    await rm(folder, { recursive: true }); // it was read at the start
  }
}

// setupLink is the one-time link that the program printed, as an address of its own site.
export const setupLink = (server) => /\/console\/setup#token=\w+/.exec(server.log())[0];

// signIn opens a browser whose operator is signed in.
export async function signIn(browser, server, options) {
  const who = { name: operator.login, ...(await openPage(browser, server, options)) };
  await call(who.page, "POST", "/api/groupbuy/admin/v1/sessions", { login: operator.login, password: operator.password });
  return who;
}

// order places an order without looking at pages, and pays it when `pay` is set. It returns the order.
export async function order({ page }, input, pay) {
  const key = { "Idempotency-Key": `${Math.random()}`.slice(2) };
  const { order_id } = await call(page, "POST", "/api/mall/v1/orders", { sku_id: "one", ...input }, key);
  const read = async () => (await call(page, "GET", `/api/mall/v1/orders/${order_id}`)).order;
  if (!pay) return read();
  const { pay_url } = await call(page, "POST", `/api/mall/v1/orders/${order_id}/payment`, { method: "page" });
  await page.goto(pay_url);
  await page.locator("form.pay button").click();
  await page.waitForURL(/\/pay\/return/);
  await until(`order ${order_id} to be paid`, async () => !["created", "awaiting_payment"].includes((await read()).status));
  return read();
}

// refuseRefunds lets the sandbox refuse every refund while `work` is under way.
export async function refuseRefunds(server, work) {
  const faults = `${server.url}/sandbox/alipay/faults`;
  const body = JSON.stringify({ target: "refund", fault: "refused" });
  const added = await fetch(faults, { method: "POST", headers: { "Content-Type": "application/json" }, body });
  if (!added.ok) throw new Error(`${added.status} ${await added.text()}`);
  try {
    return await work();
  } finally {
    await fetch(faults, { method: "DELETE" });
  }
}

// crowds makes a rule tag, and a list with a file of which one line cannot be read. It returns the list's id.
export async function crowds(server) {
  const tags = "/api/groupbuy/admin/v1/tags";
  await operate(server, "POST", tags, {
    name: "高价值老客", kind: "rule", schedule: { daily_at: "03:30" },
    rule: { match: "all", conditions: [{ measure: "spend", at_least: 100, days: 90 }, { measure: "order_count", at_least: 1 }] },
  });
  const { tag_id } = await operate(server, "POST", tags, { partner_id: "mall", name: "会员", kind: "manual" });
  await operate(server, "POST", `${tags}/${tag_id}/members`, { edit: "add", buyers: ["u1001", "u1002"] });
  return tag_id;
}

// press clicks the button of a name in a part of the page, the page itself when none is given.
export const press = (part, name) => part.getByRole("button", { name, exact: typeof name === "string" }).click();

// agree presses a button of the question that stands over the page.
export const agree = (page, name) => press(page.getByRole("dialog"), name);

// shows waits for the heading of a page.
export const shows = (page, title) => page.getByRole("heading", { level: 1, name: title }).waitFor();
