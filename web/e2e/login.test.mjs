// Signing in by a QR code: the page that shows it, and a second page that plays the phone.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { inspect } from "./care.mjs";
import { look, openBrowser, openPage, startServer } from "./harness.mjs";
import { quiet, sell } from "./market.mjs";

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

const texts = {
  "zh-CN": { waiting: "等待扫码", scanned: "已扫码", refused: "已在手机上取消", expired: "二维码已失效", again: "刷新二维码", phone: /模拟手机/, yes: "确认", no: "取消", code: /登录二维码/, ask: "微信扫码登录", out: "退出登录" },
  en: { waiting: "Waiting for a scan", scanned: "Scanned", refused: "Cancelled on the phone", expired: "This code is no longer good", again: "New code", phone: /simulated phone/, yes: /^Yes/, no: /^No/, code: /QR code/, ask: "Sign in with WeChat", out: "Sign out" },
};

// scan opens the phone of somebody who scans the code that the page shows.
async function scan({ page }, say, person) {
  const opened = page.context().waitForEvent("page");
  await page.getByRole("link", { name: say.phone }).click();
  const phone = await opened;
  await phone.getByRole("button", { name: person }).click();
  await page.getByText(say.scanned, { exact: true }).waitFor();
  return phone;
}

for (const locale of ["zh-CN", "en"]) {
  test(`a buyer scans the code, says yes, and goes on where they were (${locale})`, async () => {
    const say = texts[locale];
    const buyer = await openPage(browser, server, { locale });
    await buyer.page.goto("/login?next=%2Forders%3Ftab%3Dunpaid");
    await buyer.page.getByText(say.waiting, { exact: true }).waitFor();
    await buyer.page.getByRole("img", { name: say.code }).waitFor();
    assert.deepEqual(await inspect(buyer.page, "login"), []);
    await look(buyer.page, `h5-login-scan-${locale}`);
    const phone = await scan(buyer, say, "小红");
    assert.deepEqual(await inspect(phone, "phone"), []);
    await look(buyer.page, `h5-login-scanned-${locale}`);
    await look(phone, `wechat-phone-${locale}`);
    await phone.getByRole("button", { name: say.yes }).click();
    await buyer.page.waitForURL(/\/orders\?tab=unpaid$/, { timeout: 10_000 });
    await phone.getByText(/登录成功/).or(phone.getByText("已确认")).first().waitFor();
    await buyer.page.goto("/my");
    await buyer.page.locator("main").getByText(/微信用户/).waitFor();
    quiet(buyer);
  });
}

test("a no on the phone is told, and a new code can be asked for", async () => {
  const say = texts["zh-CN"];
  const buyer = await openPage(browser, server, { phone: true });
  await buyer.page.goto("/login");
  assert.equal(await buyer.page.getByRole("img", { name: say.code }).count(), 0, "a phone does not scan itself: the code is shown to who asks for it");
  await buyer.page.getByRole("button", { name: say.ask }).click();
  const phone = await scan(buyer, say, "老王");
  await phone.getByRole("button", { name: say.no }).click();
  await buyer.page.getByText(say.refused, { exact: true }).waitFor();
  assert.deepEqual(await inspect(buyer.page, "login, refused"), []);
  await look(buyer.page, "h5-login-refused");
  await buyer.page.getByRole("button", { name: say.again }).click();
  await buyer.page.getByText(say.waiting, { exact: true }).waitFor();
  quiet(buyer);
});

test("a code belongs to the browser that shows it", async () => {
  const say = texts["zh-CN"];
  const victim = await openPage(browser, server);
  const begun = victim.page.waitForResponse((answer) => answer.url().endsWith("/api/mall/v1/scans"));
  await victim.page.goto("/login");
  const { scan_id: id } = await (await begun).json();
  await scan(victim, say, "阿花").then((phone) => phone.close());

  const thief = await openPage(browser, server);
  await thief.page.goto("/login");
  await thief.page.getByText(say.waiting, { exact: true }).waitFor(); // has a code, and a secret, of their own
  for (const [method, path] of [["GET", ""], ["GET", "/events"], ["POST", "/session"]]) {
    const answer = await thief.page.request.fetch(`/api/mall/v1/scans/${id}${path}`, { method });
    assert.equal(answer.status(), 404, `${method} ${path}`);
    assert.equal((await answer.json()).code, "scan_not_found");
  }
  quiet(victim);
  quiet(thief);
});

test("the time of a code is over by the server's clock", async () => {
  const say = texts["zh-CN"];
  const buyer = await openPage(browser, server);
  await buyer.page.clock.install();
  await buyer.page.goto("/login");
  await buyer.page.getByText(say.waiting, { exact: true }).waitFor();
  await buyer.page.clock.fastForward("06:00");
  await buyer.page.getByText(say.expired, { exact: true }).waitFor();
  await look(buyer.page, "h5-login-expired");
  quiet(buyer);
});
