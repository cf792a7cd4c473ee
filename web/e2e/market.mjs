// What tests of the shop's pages need to have on sale, and how a buyer moves through them.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { call, openPage, until } from "./harness.mjs";

// operate asks the server as its operator. It fails on any status but 2xx.
export async function operate(server, method, address, body) {
  server.token ??= JSON.parse(await readFile(path.join(server.data, "secrets.json"), "utf8")).operator_token;
  const answer = await fetch(server.url + address, {
    method,
    headers: { Authorization: `Bearer ${server.token}`, "Content-Type": "application/json" },
    body: body && JSON.stringify(body),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${address}: ${answer.status} ${text}`);
  return text ? JSON.parse(text) : undefined;
}

// sell puts a product on the shelf and, unless activity is null, publishes a group-buy over it. It returns the
// activity's id. The shop registers goods at the engine by itself, which takes a moment.
export async function sell(server, id, { name = id, price = 9900, stock = 50, pictures = [], activity = {} } = {}) {
  await operate(server, "PUT", `/api/mall/admin/v1/products/${id}`, {
    name, description: `${name}。`, pictures, shelf: "on_shelf",
    skus: [{ sku_id: "one", name: "标准", price_fen: price, stock }],
  });
  if (activity === null) return "";
  const draft = await operate(server, "POST", "/api/groupbuy/admin/v1/activities", {
    partner_id: "mall", name: `${id} ${Math.random()}`, goods: [id], team_size: 2, max_quantity: 3,
    rules: [{ plan: { kind: "reduce", off_fen: 2000 } }],
    starts_at: new Date(Date.now() - 60_000).toISOString(), ends_at: new Date(Date.now() + 86_400_000).toISOString(), ...activity,
  });
  await until(`${id} to be registered`, () =>
    operate(server, "POST", `/api/groupbuy/admin/v1/activities/${draft.activity_id}/publish`).then(() => true, (error) => {
      if (!String(error).includes("activity_invalid")) throw error;
      return false;
    }),
  );
  return draft.activity_id;
}

// change edits a live activity, or pauses or ends it.
export const change = (server, activity, verb) => operate(server, "POST", `/api/groupbuy/admin/v1/activities/${activity}/${verb}`);

// signedUp opens a browser for a buyer who has an account already and is signed in.
export async function signedUp(browser, server, name, options) {
  const buyer = { name, ...(await openPage(browser, server, options)) };
  await call(buyer.page, "POST", "/api/mall/v1/accounts", { login: `${name}@example.com`, password: "a-long-enough-password", nickname: name });
  return buyer;
}

// wordsOf are the texts that tests press, by the language of the browser.
export const words = {
  "zh-CN": { open: /发起拼团/, alone: /单独购买/, next: "下一步", submit: "提交订单并付款", join: "去参团", paid: "我已付款", go: "继续付款" },
  en: { open: /Open a team/, alone: /Buy alone/, next: "Next", submit: "Place order and pay", join: "Join", paid: "I have paid", go: "Continue to pay" },
};

// visible takes the one of several that is shown: the two-button bar stands elsewhere on a phone.
export const visible = (page, role, name) => page.getByRole(role, { name }).filter({ visible: true }).first();

// choose goes from a product's page to the cashier with a press on `first`, which opens a team, joins one or buys alone.
export async function choose({ page }, first, say) {
  await first.click();
  await page.getByRole("button", { name: say.next }).click();
  await page.waitForURL(/\/checkout/);
  await page.getByRole("button", { name: say.submit }).click();
  await page.locator("form.pay button").waitFor();
}

// payHere presses the cashier's button and waits for the shop's page to say something.
export async function payHere({ page }, title) {
  await page.locator("form.pay button").click();
  await page.waitForURL(/\/pay\/return/);
  await page.getByRole("heading", { name: title }).waitFor();
}

// strangersAreTold is what a browser's console says of the question who is signed in, to which the answer may be nobody.
const expected = /401.*(accounts\/me|Unauthorized)/;

// quiet fails when anything was complained about that a person with the console open would not expect.
export function quiet({ complaints, name }, ...also) {
  const left = complaints.filter((line) => ![expected, ...also].some((pattern) => pattern.test(line)));
  assert.deepEqual(left, [], name);
}
