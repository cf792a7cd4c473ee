// A team of buyers, each in a browser of their own, pays at the sandbox's cashier, and their goods ship.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { call, look, openBrowser, openPage, startServer, until } from "./harness.mjs";

let server, browser;
before(async () => {
  server = await startServer();
  browser = await openBrowser();
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

// signUp opens a browser for a new buyer.
async function signUp(name, options) {
  const buyer = { name, ...(await openPage(browser, server, options)) };
  await call(buyer.page, "POST", "/api/mall/v1/accounts", {
    login: `${name}@example.com`,
    password: "a-long-enough-password",
    nickname: name,
  });
  return buyer;
}

// bestOffer finds the offer of the demo data with the smallest team.
async function bestOffer({ page }) {
  const { items } = await call(page, "GET", "/api/mall/v1/products");
  const offers = items.flatMap((view) =>
    view.offers.filter((offer) => offer.joinable).map((offer) => ({ ...offer, product_id: view.product.product_id })),
  );
  assert.notEqual(offers.length, 0, "the demo data offers a group price");
  return offers.sort((a, b) => a.team_size - b.team_size)[0];
}

async function placeOrder({ page, name }, offer, teamID) {
  const { product_id, sku_id, activity_id, price_fen } = offer;
  const input = { mode: "group", product_id, sku_id, activity_id, expected_price_fen: price_fen };
  if (teamID) input.team_id = teamID;
  const { order_id } = await call(page, "POST", "/api/mall/v1/orders", input, { "Idempotency-Key": `cart-${name}` });
  return reach({ page }, order_id, "awaiting_payment");
}

// reach waits until an order is in one of the given states and returns it.
async function reach({ page }, orderID, ...states) {
  return until(`order ${orderID} to be ${states.join(" or ")}`, async () => {
    const { order } = await call(page, "GET", `/api/mall/v1/orders/${orderID}`);
    return states.includes(order.status) && order;
  });
}

async function openCashier({ page }, order, method) {
  const payment = await call(page, "POST", `/api/mall/v1/orders/${order.order_id}/payment`, { method });
  assert.equal(payment.amount_fen, order.amount_fen);
  await page.goto(payment.pay_url);
  assert.equal(await page.locator("body").getAttribute("data-state"), "waiting");
  assert.equal(await page.locator(".amount").innerText(), `¥${(order.amount_fen / 100).toFixed(2)}`);
  return payment.pay_url;
}

async function payAtCashier({ page }) {
  await page.locator("form.pay button").click();
  await page.waitForURL(/\/pay\/return/);
}

test("a team pays at the cashier and its goods ship", async () => {
  const leader = await signUp("leader");
  const offer = await bestOffer(leader);
  const buyers = [leader];
  for (let n = 2; n <= offer.team_size; n++) buyers.push(await signUp(`member${n}`, { phone: true, locale: "en" }));

  let teamID;
  for (const buyer of buyers) {
    const phone = buyer !== leader;
    buyer.order = await placeOrder(buyer, offer, teamID);
    teamID ??= buyer.order.team_id;
    assert.equal(buyer.order.team_id, teamID);
    buyer.cashier = await openCashier(buyer, buyer.order, phone ? "phone" : "page");
    await look(buyer.page, phone ? "cashier-phone" : "cashier");
    await payAtCashier(buyer);
    await reach(buyer, buyer.order.order_id, "teaming", "to_ship", "shipped");
    await look(buyer.page, phone ? "return-phone" : "return");
  }
  for (const buyer of buyers) {
    const shipped = await reach(buyer, buyer.order.order_id, "shipped");
    assert.equal(shipped.amount_fen, offer.price_fen);
  }

  await leader.page.goto(leader.cashier);
  assert.equal(await leader.page.locator("body").getAttribute("data-state"), "paid", "nobody pays twice");
  assert.equal(await leader.page.locator("form.pay").count(), 0);
  await look(leader.page, "cashier-paid");
  for (const { name, complaints } of buyers) assert.deepEqual(complaints, [], name);
});

test("a buyer who gives up at the cashier has not paid", async () => {
  const buyer = await signUp("hesitant", { phone: true });
  const order = await placeOrder(buyer, await bestOffer(buyer));
  await openCashier(buyer, order, "phone");
  await buyer.page.locator("form.quit button").click();
  await buyer.page.waitForURL(/\/pay\/return/);
  await look(buyer.page, "return-unpaid");
  await reach(buyer, order.order_id, "awaiting_payment");
  assert.deepEqual(buyer.complaints, []);
});

// What a person on the cashier's page breaks, the shop finds out by asking.
test("a payment whose notice is lost is found by asking", async () => {
  const buyer = await signUp("unlucky", { phone: true });
  const { page, complaints } = buyer;
  const order = await placeOrder(buyer, await bestOffer(buyer));
  const cashier = await openCashier(buyer, order, "phone");
  await page.locator(".panel summary").click();
  await page.locator("form.notice select").selectOption("lost");
  await page.locator("form.notice input[name=times]").fill(""); // for ever
  await page.locator("form.notice button").click();
  await page.locator("[data-script]").waitFor();
  assert.match(await page.locator(".scripts").innerText(), /通知 · 丢失/);
  await look(page, "cashier-panel-phone");
  await payAtCashier(buyer);
  const { order: asked } = await call(page, "POST", `/api/mall/v1/orders/${order.order_id}/payment/check`); // "I have paid"
  assert.notEqual(asked.status, "awaiting_payment");
  await reach(buyer, order.order_id, "teaming", "to_ship", "shipped");

  await page.goto(cashier);
  await page.locator(".panel .links a").first().click();
  assert.equal(await page.locator("body").getAttribute("data-state"), "trade");
  assert.match(await page.locator("main").innerText(), /lost by fault script/);
  await look(page, "trade-phone");
  await page.locator(".links a").click();
  assert.equal(await page.locator("body").getAttribute("data-state"), "books");
  await look(page, "books-phone");
  await page.setViewportSize({ width: 1440, height: 900 });
  await look(page, "books");
  assert.match(await page.locator("#bill").innerText(), /pay_/, "the bill says that it was paid");
  assert.deepEqual(complaints, []);

  const { faults } = await call(page, "GET", "/sandbox/alipay/faults");
  assert.deepEqual(faults.map(({ fault, struck }) => [fault, struck]), [["lost", 1]]);
  await call(page, "DELETE", "/sandbox/alipay/faults");
  await page.reload();
  assert.equal(await page.locator("[data-script]").count(), 0);
});
