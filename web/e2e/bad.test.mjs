// What goes wrong for buyers, and what the shop's pages make of it. After each story the books are checked.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { after, afterEach, before, test } from "node:test";
import { promisify } from "node:util";
import { inspect } from "./care.mjs";
import { binary, call, look, openBrowser, openPage, startServer, until } from "./harness.mjs";
import { choose, operate, payHere, quiet, sell, signedUp, visible, words } from "./market.mjs";

const say = words["zh-CN"];
const narrow = { phone: true, locale: "zh-CN" };
const lost = /ERR_INTERNET_DISCONNECTED|ERR_FAILED/; // what the console says of requests without an answer

let server, browser, tea, cup;
before(async () => {
  server = await startServer("--demo-data", "false");
  browser = await openBrowser();
  tea = await sell(server, "tea", { name: "明前龙井 250 克" });
  cup = await sell(server, "cup", { name: "龙泉青瓷杯", activity: { seat_ttl_seconds: 8 } });
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

// What is under way may break an invariant for a moment.
afterEach(() => until("the check to be clean", () => promisify(execFile)(binary, ["check", "--data", server.data]).then(() => true, () => false), 20_000));

test("offline: the page says so, keeps what it has, and goes on when the network is back", async () => {
  const buyer = await signedUp(browser, server, "offline", narrow);
  const network = (on) => buyer.page.context().setOffline(!on);
  await buyer.page.goto("/");
  await buyer.page.locator(".card").first().waitFor();
  await network(false);
  await buyer.page.getByText("网络已断开").waitFor();
  assert.equal(await buyer.page.locator(".card").count() > 0, true);
  await buyer.page.locator(".card").first().click();
  await buyer.page.getByText("网络不给力").waitFor();
  await look(buyer.page, "h5-bad-offline");
  await network(true);
  await buyer.page.getByText("网络已恢复").waitFor();
  await buyer.page.locator(".product-name").waitFor(); // by itself

  await buyer.page.goto("/checkout?mode=solo&product=tea&sku=one&quantity=1");
  const submit = buyer.page.getByRole("button", { name: say.submit });
  await submit.waitFor();
  await network(false);
  await submit.click();
  await buyer.page.getByText("网络不给力").waitFor();
  await network(true);
  await submit.click();
  await buyer.page.locator("form.pay button").waitFor();
  assert.equal((await call(buyer.page, "GET", "/api/mall/v1/orders")).items.length, 1);
  quiet(buyer, lost);
});

test("a login that ends during the checkout leads back to the same checkout", async () => {
  const buyer = await signedUp(browser, server, "expired", narrow);
  await buyer.page.goto(`/checkout?mode=group&product=tea&sku=one&quantity=2&activity=${tea}`);
  const submit = buyer.page.getByRole("button", { name: say.submit });
  await submit.waitFor();
  const here = buyer.page.url();
  await buyer.page.context().clearCookies();
  await submit.click();
  await buyer.page.waitForURL(/\/login/);
  await buyer.page.getByLabel("手机号或邮箱").fill("expired@example.com");
  await buyer.page.getByLabel("密码", { exact: true }).fill("a-long-enough-password");
  await buyer.page.getByRole("button", { name: "登录", exact: true }).click();
  await submit.waitFor();
  assert.equal(buyer.page.url(), here);
  await buyer.page.getByText("× 2").waitFor();
  await submit.click();
  await buyer.page.locator("form.pay button").waitFor();
  quiet(buyer, /401/);
});

test("a price that changed between page and order is told and asked about", async () => {
  const price = (fen) => operate(server, "PUT", "/api/mall/admin/v1/products/dear", {
    name: "会涨价的茶盘", description: "", pictures: [], shelf: "on_shelf", skus: [{ sku_id: "one", name: "标准", price_fen: fen, stock: 9 }],
  });
  await price(5000);
  const buyer = await signedUp(browser, server, "dearer", narrow);
  await buyer.page.goto("/checkout?mode=solo&product=dear&sku=one&quantity=1");
  const submit = buyer.page.getByRole("button", { name: say.submit });
  await submit.waitFor();
  await price(6000);
  await submit.click();
  const sheet = buyer.page.getByRole("dialog");
  await sheet.getByText("现在每件 ¥60，之前是 ¥50").waitFor();
  await look(buyer.page, "h5-bad-price");
  assert.deepEqual(await inspect(buyer.page, "price"), []);
  await sheet.getByRole("button", { name: "再看看" }).click();
  await buyer.page.locator(".bill .total").getByText("60").waitFor(); // the page knows the new price
  await submit.click();
  await buyer.page.locator("form.pay button").waitFor();
  assert.match(await buyer.page.locator(".amount").innerText(), /60\.00/);
  quiet(buyer, /409/);
});

test("a team that fills up while somebody pays: the money goes back, and the page says why", async () => {
  const [leader, slow, quick] = await Promise.all(["leader", "slow", "quick"].map((name) => signedUp(browser, server, `full-${name}`, narrow)));
  await leader.page.goto("/products/cup");
  await choose(leader, visible(leader.page, "button", say.open), say);
  await payHere(leader, /还差 1 人/);
  const [{ team_id: team }] = (await call(leader.page, "GET", "/api/mall/v1/orders")).items;

  await slow.page.goto(`/teams/${team}`);
  await choose(slow, slow.page.getByRole("button", { name: /参团/ }), say);
  const [order] = (await call(slow.page, "GET", "/api/mall/v1/orders")).items;
  const { payments: [payment] } = await call(slow.page, "GET", `/api/mall/v1/orders/${order.order_id}`);
  for (const script of [{ target: "notice", fault: "lost" }, { target: "call", fault: "system_error_before" }]) {
    await call(slow.page, "POST", "/sandbox/alipay/faults", { out_trade_no: payment.payment_id, ...script }); // nobody hears of it in time
  }
  await slow.page.locator("form.pay button").click();
  await slow.page.waitForURL(/\/pay\/return/);
  await look(slow.page, "h5-bad-asking");

  await until("the seat that is not paid for to be free again", async () => (await call(quick.page, "GET", `/api/mall/v1/teams/${team}`)).team.held === 0);
  await quick.page.goto(`/teams/${team}`);
  await choose(quick, quick.page.getByRole("button", { name: /参团/ }), say);
  await payHere(quick, /拼团成功|已发货/);

  await call(slow.page, "DELETE", "/sandbox/alipay/faults");
  await slow.page.getByRole("button", { name: say.paid }).click().catch(() => {}); // or the page knows already
  await slow.page.getByText(/已退回|退款/).first().waitFor({ timeout: 20_000 });
  await slow.page.locator(".refunds").getByText("¥79.00").waitFor({ timeout: 20_000 });
  await look(slow.page, "h5-bad-full");
  assert.deepEqual(await inspect(slow.page, "full"), []);
  for (const buyer of [leader, slow, quick]) quiet(buyer, /50[0-9]/);
});

test("however often a button is pressed, there is one order and one payment", async () => {
  const buyer = await signedUp(browser, server, "twice", narrow);
  await buyer.page.goto(`/checkout?mode=group&product=tea&sku=one&quantity=1&activity=${tea}`);
  await buyer.page.getByRole("button", { name: say.submit }).dblclick();
  await buyer.page.locator("form.pay button").waitFor();
  await buyer.page.locator("form.pay button").dblclick();
  await buyer.page.waitForURL(/\/pay\/return/);
  await buyer.page.getByRole("heading", { name: /已付款/ }).waitFor();
  const { items } = await call(buyer.page, "GET", "/api/mall/v1/orders");
  assert.equal(items.length, 1);
  const view = await call(buyer.page, "GET", `/api/mall/v1/orders/${items[0].order_id}`);
  assert.deepEqual(view.payments.map(({ status }) => status), ["succeeded"]);
  assert.deepEqual(view.refunds, []);
  quiet(buyer);
});

test("Back from the cashier leads to the order, which can still be paid", async () => {
  const buyer = await signedUp(browser, server, "back", narrow);
  await buyer.page.goto("/products/tea");
  await choose(buyer, visible(buyer.page, "button", say.alone), say);
  const cashier = buyer.page.url();
  await buyer.page.goBack();
  await buyer.page.getByRole("heading", { name: "待付款" }).waitFor();
  await look(buyer.page, "h5-bad-back");
  await buyer.page.getByRole("button", { name: say.go }).click();
  await buyer.page.locator("form.pay button").waitFor();
  assert.equal(buyer.page.url(), cashier);
  await payHere(buyer, /已付款，等待发货|已发货/);
  await buyer.page.goBack(); // the cashier says that it is paid, and takes no second payment
  assert.equal(await buyer.page.locator("form.pay button").count(), 0);
  assert.equal((await call(buyer.page, "GET", "/api/mall/v1/orders")).items.length, 1);
  quiet(buyer);
});

test("a name of 2,000 characters, in one word, breaks no page", async () => {
  const endless = "超长商品名".repeat(300) + "W".repeat(500);
  const buyer = await signedUp(browser, server, "endless", narrow);
  const order = await call(buyer.page, "POST", "/api/mall/v1/orders", { mode: "group", product_id: "tea", sku_id: "one", activity_id: tea }, { "Idempotency-Key": "endless" });
  await buyer.page.route("**/api/mall/v1/**", async (route) => {
    if (route.request().url().endsWith("/events")) return route.continue();
    const answer = await route.fetch();
    await route.fulfill({ response: answer, body: (await answer.text()).replaceAll("明前龙井 250 克", endless) });
  });
  const pages = {
    home: ["/", ".card"], product: ["/products/tea", ".product-name"], team: [`/teams/${order.team_id}`, ".seats"], orders: ["/orders", ".order-card"],
    order: [`/orders/${order.order_id}`, ".timeline"], checkout: ["/checkout?mode=solo&product=tea&sku=one&quantity=1", ".bill"],
  };
  for (const [name, [address, ready]] of Object.entries(pages)) {
    for (const size of [{ width: 360, height: 780 }, { width: 1440, height: 900 }]) {
      await buyer.page.setViewportSize(size);
      await buyer.page.goto(address);
      await buyer.page.locator(ready).filter({ visible: true }).first().waitFor();
      await look(buyer.page, `h5-bad-name-${name}-${size.width}`);
      assert.deepEqual(await inspect(buyer.page, name), []);
    }
  }
  quiet(buyer);
});

test("empty lists say what to do", async () => {
  const buyer = await signedUp(browser, server, "nobody", narrow);
  for (const address of ["/orders", "/orders?tab=to_pay", "/my/teams", "/my/teams?tab=formed"]) {
    await buyer.page.goto(address);
    await buyer.page.locator(".note a").waitFor();
  }
  await buyer.page.route("**/api/mall/v1/products?*", (route) => route.fulfill({ json: { items: [], has_more: false } }));
  await buyer.page.goto("/");
  await buyer.page.locator(".note").waitFor();
  await look(buyer.page, "h5-bad-empty-shop");
  assert.deepEqual(await inspect(buyer.page, "empty"), []);
  quiet(buyer);
});

test("without a stream of events the pages ask by themselves", async () => {
  const leader = await signedUp(browser, server, "cut-leader", narrow);
  await leader.page.route("**/events", (route) => route.abort());
  await leader.page.goto("/products/tea");
  await choose(leader, visible(leader.page, "button", say.open), say);
  await payHere(leader, /还差 1 人/);
  const [{ team_id: team }] = (await call(leader.page, "GET", "/api/mall/v1/orders")).items;
  await leader.page.goto(`/teams/${team}`);
  await leader.page.getByRole("heading", { name: "还差 1 人成团" }).waitFor();

  const member = await signedUp(browser, server, "cut-member", {});
  await member.page.goto(`/teams/${team}`);
  await choose(member, member.page.getByRole("button", { name: /参团/ }), say);
  const asked = [];
  leader.page.on("request", (request) => request.url().endsWith(`/teams/${team}`) && asked.push(Date.now()));
  await payHere(member, /拼团成功|已发货/);
  await leader.page.getByRole("heading", { name: "拼团成功" }).waitFor({ timeout: 5000 });
  assert.ok(asked.length > 0, "the page asked");
  for (const buyer of [leader, member]) quiet(buyer, lost);
});
