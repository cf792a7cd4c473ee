// What operators do in the console, from the printed link to the day's end.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { colours, inspect, shapes } from "./care.mjs";
import { agree, crowds, operator, order, press, refuseRefunds, setupLink, shows, signIn, startHastyServer } from "./desk.mjs";
import { binary, call, look, openBrowser, openPage, until } from "./harness.mjs";
import { operate, quiet, sell, signedUp } from "./market.mjs";

let server, browser, desk, club;
before(async () => {
  server = await startHastyServer();
  browser = await openBrowser();
  club = await crowds(server);
  await sell(server, "tea", { name: "明前龙井 250 克", activity: null });
  await sell(server, "cup", { name: "龙泉青瓷杯", activity: { audience: { join: club } } });
  await sell(server, "cake", { name: "桂花糕 6 块", activity: { team_ttl_seconds: 3 } });
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

// What a browser's console says of answers that the test brings about.
const notAnOrder = /404.*admin\/v1\/orders\/\d/; // a trade's number, which the search tries there as well
const nobody = /401.*(operators\/me|Unauthorized)|401.*\/sessions/;

test("the first operator comes by the printed link, signs out and in again", async () => {
  desk = { name: "first", ...(await openPage(browser, server)) };
  const { page } = desk;
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.goto(setupLink(server));
  await shows(page, "创建第一个操作员");
  assert.doesNotMatch(page.url(), /token/, "the token stays in no history");
  await look(page, "console-setup");
  assert.deepEqual(await inspect(page, "setup"), []);
  await page.getByLabel("账号").fill(operator.login);
  await page.getByLabel("姓名").fill(operator.name);
  await page.getByLabel("密码").fill(operator.password);
  await press(page, "创建并登录");
  await shows(page, "总览");

  await press(page, `账号：${operator.name}`);
  await page.getByRole("menuitem", { name: "退出登录" }).click();
  await shows(page, "登录控制台");
  await look(page, "console-login");
  assert.deepEqual(await inspect(page, "login"), []);
  await page.getByLabel("账号").fill(operator.login);
  await page.getByLabel("密码").fill("not-the-password");
  await press(page, "登录");
  await page.getByRole("alert").waitFor();
  await page.getByLabel("密码").fill(operator.password);
  await press(page, "登录");
  await shows(page, "总览");

  await page.goto(setupLink(server));
  await shows(page, "总览"); // the link is void
  quiet(desk, nobody);
});

test("an operator makes an activity, sees its prices while typing, publishes it, and the shop has it", async () => {
  const { page } = desk;
  await page.goto("/console/activities");
  await press(page, /新建活动/);
  await page.getByLabel("名称").fill("龙井两人团");
  await page.getByLabel("商品").fill("龙井");
  await page.getByTitle(/明前龙井/).click();
  await page.keyboard.press("Escape");
  const preview = page.locator(".preview");
  await preview.getByText("明前龙井").waitFor();
  await press(page, "下一步");
  await page.getByLabel("减", { exact: true }).fill("20");
  await preview.getByText("¥79.00").waitFor();
  await page.getByLabel("减", { exact: true }).fill("35.5");
  await preview.getByText("¥63.50").waitFor();
  await look(page, "console-wizard-price");
  await press(page, "保存");
  await shows(page, /龙井两人团/);
  await press(page, "发布");
  await page.getByRole("dialog").getByText("发布后买家立即看到它").waitFor();
  await look(page, "console-publish");
  await agree(page, "发布");
  await page.locator("h1").getByText("进行中").waitFor();
  const { product, offers } = await until("the shop to have it", async () => {
    const view = await call(page, "GET", "/api/mall/v1/products/tea");
    return view.offers.length > 0 && view;
  });
  assert.equal(product.name, "明前龙井 250 克");
  assert.equal(offers[0].price_fen, 6350);
  quiet(desk, nobody);
});

test("a dry run says what a buyer outside the audience would pay, and why not", async () => {
  const { page } = desk;
  await page.goto("/console/activities");
  await page.getByRole("link", { name: /^cup / }).click();
  await page.getByLabel("买家编号").fill("u2002");
  await press(page, "试算");
  const answer = page.locator(".dryrun-answer");
  await answer.getByText("看得到，但不能参与：").waitFor();
  await answer.locator(".verdict-no").getByText("目标人群").waitFor();
  await look(page, "console-dryrun");
  await page.getByLabel("买家编号").fill("u1001");
  await press(page, "试算");
  await answer.getByText("可以参与。").waitFor();
  quiet(desk, nobody);
});

test("the downgrade switch takes group prices out of the shop and brings them back", async () => {
  const { page } = desk;
  const shop = await openPage(browser, server, { phone: true });
  await page.goto("/console/switches");
  await page.getByRole("switch").click();
  await agree(page, "降级");
  await page.getByText("现在已降级：没有人看到拼团价。").waitFor();
  await look(page, "console-downgraded");
  await reloaded(shop.page, "/products/tea", async () => (await shop.page.getByText("¥63.5").count()) === 0);
  await page.getByRole("switch").click();
  await agree(page, "恢复");
  await page.getByText("现在正常：拼团价可见。").waitFor();
  await reloaded(shop.page, "/products/tea", async () => (await shop.page.getByText("¥63.5").count()) > 0);
  await page.getByText("改动开关").first().waitFor();
  quiet(desk, nobody);
  await shop.page.context().close();
});

// reloaded opens a page again and again until it looks as it should: nodes read the switches every second.
async function reloaded(page, address, asWanted) {
  await until(`${address} to change`, async () => {
    await page.goto(address);
    await page.getByRole("heading").first().waitFor();
    return asWanted();
  });
}

test("a refund that Alipay refuses waits for a person, who has it asked for again", async () => {
  const { page } = desk;
  const buyer = await signedUp(browser, server, "lonely");
  const placed = await refuseRefunds(server, async () => {
    const { offers } = await call(buyer.page, "GET", "/api/mall/v1/products/cake");
    const one = await order(buyer, { mode: "group", product_id: "cake", activity_id: offers[0].activity_id }, true);
    await until("the refund to fail", async () => (await operate(server, "GET", "/api/mall/admin/v1/refunds")).items.length > 0);
    return one;
  });
  await page.goto("/console");
  await page.locator(".lamp-bad").getByText("退款失败").click();
  await shows(page, "退款失败队列");
  await page.getByText(/ACQ\.SELLER_BALANCE_NOT_ENOUGH/).waitFor();
  await look(page, "console-refund-failed");
  await press(page, "重试");
  await agree(page, "重试");
  await page.getByText("没有等待处理的退款").waitFor();
  await page.goto(`/console/orders/${placed.order_id}`);
  await page.locator("h1").getByText("已退款").waitFor();
  await look(page, "console-order-refunded");
  quiet(desk, nobody);
});

test("a partner's delivery is sent again, and its attempts can be read", async () => {
  const { page } = desk;
  await page.goto("/console/partners/mall");
  const row = page.getByRole("row").filter({ hasText: "team.failed" }).first();
  await row.getByRole("button", { name: "拼团失败" }).click();
  const drawer = page.getByRole("dialog");
  await drawer.getByText(/第 1 次 · 204/).waitFor();
  await press(drawer, "重新投递");
  await drawer.getByText(/第 2 次 · 204/).waitFor();
  await look(page, "console-delivery");
  quiet(desk, nobody);
});

test("filters stay in the address over a reload, and any id is found", async () => {
  const { page } = desk;
  await page.goto("/console/orders");
  await page.getByLabel("商品编号").fill("cake");
  await page.evaluate(() => { // both within one rendering
    [...document.querySelectorAll(".tabs button")].find((tab) => tab.textContent === "已退款").click();
    document.querySelector("[aria-label=商品编号]").blur();
  });
  await page.waitForURL(/status=refunded&product_id=cake/);
  await page.reload();
  await page.locator('[aria-pressed="true"]').getByText("已退款").waitFor();
  assert.equal(await page.getByLabel("商品编号").inputValue(), "cake");
  const id = await page.locator("td .ident a").first().getAttribute("href").then((link) => link.split("/").at(-1));
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox", { name: "搜索编号或页面" }).fill(id);
  await page.getByRole("option").filter({ hasText: "订单" }).first().waitFor();
  await look(page, "console-search");
  const { items } = await operate(server, "GET", "/api/mall/admin/v1/payments?status=succeeded&limit=1");
  await page.getByRole("combobox", { name: "搜索编号或页面" }).fill(items[0].provider_no);
  await page.getByRole("option").filter({ hasText: items[0].payment_id }).click();
  await page.waitForURL(/payments\?payment_id=pay_/);
  quiet(desk, nobody, notAnOrder);
});

test("what breaks in the console is counted, and what operators did in the shop is in its audit", async () => {
  const { page } = desk;
  await page.goto("/console/audit?side=mall");
  await page.getByRole("row", { name: /重新退款/ }).getByRole("button", { name: "查看改动" }).click();
  await page.getByRole("dialog").getByText("改后").waitFor();
  await look(page, "console-audit-mall-entry");
  await page.keyboard.press("Escape");
  await page.evaluate(() => setTimeout(() => { throw new RangeError("no such row for 13800138000"); }));
  const line = 'kaituan_page_errors_total{page="console"} 1\n';
  await until(line, async () => (await (await fetch(`${server.privateURL}/metrics`)).text()).includes(line));
  assert.match(server.log(), /no such row for 138\*\*\*\*8000/);
  desk.complaints.splice(0, desk.complaints.length, ...desk.complaints.filter((text) => !text.includes("no such row")));
  quiet(desk, nobody, notAnOrder);
});

// Every page of the console, and what has to be there before one is looked at.
const pages = {
  dashboard: ["/", ".tiles"], statistics: ["/statistics", ".tiles"], activities: ["/activities", ".ant-table"], wizard: ["/activities/new", "form"],
  activity: [() => `/activities/${seen.activity}`, ".pairs"], teams: ["/teams", ".ant-table"], team: [() => `/teams/${seen.team}`, ".track"],
  seats: ["/seats", ".ant-table"], seat: [() => `/seats/mall/${seen.order}`, ".track"], tags: ["/tags", ".ant-table"], tag: [() => `/tags/${club}`, ".pairs"],
  products: ["/products", ".ant-table"], orders: ["/orders", ".ant-table"], order: [() => `/orders/${seen.order}`, ".track"],
  payments: ["/payments", ".ant-table"], unknown: ["/payments?status=unknown", ".vacant"], refunds: ["/refunds", ".vacant"], bills: ["/bills", ".vacant, .ant-table"], bill: ["/bills/2026-01-01", ".vacant, .ant-alert"], partners: ["/partners", ".ant-table"],
  deliveries: ["/partners/mall", ".ant-table"], endpoints: ["/partners/mall?tab=endpoints", ".ant-table"], keys: ["/partners/mall?tab=keys", ".ant-table"],
  switches: ["/switches", ".ant-slider"], health: ["/health", ".ant-alert"], "health-mall": ["/health?side=mall", ".ant-table"],
  operators: ["/operators", ".ant-table"], account: ["/account", ".pairs"], audit: ["/audit", ".ant-table"], "audit-mall": ["/audit?side=mall", ".ant-table"], lost: ["/nowhere", ".vacant"], missing: ["/activities/act_none", ".ant-alert"],
};
let seen;

const looks = [
  { locale: "zh-CN", width: 1440, height: 900, schemes: { light: undefined, dark: colours } },
  { locale: "en", width: 390, height: 844, schemes: { light: shapes } },
];

for (const { locale, width, height, schemes } of looks) {
  test(`every page is for everybody: ${locale} ${width}`, async () => {
    const { items } = await operate(server, "GET", "/api/mall/admin/v1/orders?status=refunded");
    seen = { order: items[0].order_id, team: items[0].team_id, activity: items[0].activity_id };
    const who = await signIn(browser, server, { locale });
    await who.page.setViewportSize({ width, height });
    await who.page.emulateMedia({ reducedMotion: "reduce" });
    const found = [];
    for (const [name, [address, ready]] of Object.entries(pages)) {
      await who.page.emulateMedia({ colorScheme: "light" });
      await who.page.goto(`/console${typeof address === "function" ? address() : address}`);
      await who.page.locator(ready).first().waitFor();
      for (const [colorScheme, rules] of Object.entries(schemes)) {
        await who.page.emulateMedia({ colorScheme });
        await who.page.locator(`html[data-look="${colorScheme}"]`).waitFor();
        await who.page.waitForTimeout(100); // the last of its colours
        const picture = `console-${name}-${locale}-${width}-${colorScheme}`;
        await look(who.page, picture);
        found.push(...(await inspect(who.page, picture, rules)));
      }
    }
    assert.deepEqual(found, []);
    quiet(who, nobody, /404/);
  });
}

test("after all this the books are in order", async () => {
  const { stdout } = await promisify(execFile)(binary, ["check", "--data", server.data]);
  assert.match(stdout, /all invariants hold/);
});
