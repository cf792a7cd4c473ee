// What buyers do in the shop's pages, from the shelf to the end of a team.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { look, openBrowser, openPage, startServer } from "./harness.mjs";
import { choose, operate, payHere, quiet, sell, signedUp, visible, words } from "./market.mjs";

let server, browser;
before(async () => {
  server = await startServer("--demo-data", "false");
  browser = await openBrowser();
  await sell(server, "tea", { name: "明前龙井 250 克" });
  await sell(server, "cake", { name: "桂花糕 6 块", activity: { team_ttl_seconds: 9 } });
  const { tag_id } = await operate(server, "POST", "/api/groupbuy/admin/v1/tags", { partner_id: "mall", name: "会员", kind: "manual" });
  await sell(server, "cup", { name: "龙泉青瓷杯", activity: { audience: { join: tag_id } } });
  await sell(server, "tray", { name: "竹编茶盘", activity: null });
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

const phone = { width: 360, height: 780 };
const desk = { width: 1440, height: 900 };

test("two buyers complete a team: one on a phone who signs up on the way, one at a desk who was sent the link", async () => {
  const say = words["zh-CN"];
  const leader = { name: "leader", ...(await openPage(browser, server, { phone: true })) };
  await leader.page.setViewportSize(phone);
  await leader.page.goto("/");
  await leader.page.getByRole("link", { name: /明前龙井/ }).click();
  await visible(leader.page, "button", say.open).click();
  await leader.page.getByRole("button", { name: say.next }).click();
  await leader.page.getByRole("button", { name: say.submit }).click();
  await leader.page.waitForURL(/\/login/);
  await leader.page.getByRole("button", { name: "没有账号？注册一个" }).click();
  await leader.page.getByLabel("手机号或邮箱").fill("13800138000");
  await leader.page.getByLabel("昵称（选填）").fill("张小明");
  await leader.page.getByLabel("密码", { exact: true }).fill("tea-at-4-pm");
  await leader.page.getByRole("button", { name: "注册并登录" }).click();
  await leader.page.waitForURL(/\/checkout/); // where they were
  await leader.page.getByRole("button", { name: say.submit }).click();
  await payHere(leader, "已付款，还差 1 人");
  await leader.page.getByRole("link", { name: "邀请好友" }).click();
  await leader.page.waitForURL(/\/teams\//);
  const link = leader.page.url();
  await leader.page.getByRole("heading", { name: "还差 1 人成团" }).waitFor();
  const sent = await (await fetch(link, { headers: { Accept: "text/html" } })).text(); // as a chat does that shows a link
  assert.match(sent, /og:title" content="¥79 拼「明前龙井 250 克」，还差 1 人"/);
  assert.match(sent, new RegExp(`og:url" content="${server.url}/teams/`));

  const member = await signedUp(browser, server, "Nina", { locale: "en" });
  await member.page.setViewportSize(desk);
  await member.page.goto(link);
  await member.page.getByRole("heading", { name: /张\*明 invites you: 1 more needed/ }).waitFor();
  await choose(member, member.page.getByRole("button", { name: "Join for ¥79" }), words.en);
  await payHere(member, /Your team is full|Shipped/);

  await leader.page.getByRole("heading", { name: "拼团成功" }).waitFor({ timeout: 5000 }); // the page follows by itself
  await look(leader.page, "h5-team-formed");
  for (const buyer of [leader, member]) quiet(buyer);
});

test("a team that nobody joins fails, and its page says where the money is", async () => {
  const buyer = await signedUp(browser, server, "lonely", { phone: true });
  await buyer.page.goto("/products/cake");
  await choose(buyer, visible(buyer.page, "button", words["zh-CN"].open), words["zh-CN"]);
  await payHere(buyer, /已付款/);
  const order = buyer.page.url().match(/order_id=(\w+)/)[1];
  await buyer.page.goto(`/orders/${order}`);
  await buyer.page.getByRole("link", { name: "邀请好友" }).click();
  await buyer.page.getByRole("heading", { name: "拼团失败" }).waitFor({ timeout: 30_000 });
  await buyer.page.getByText(/退款 ¥79\.00，已于 .* 退回支付宝/).waitFor({ timeout: 30_000 });
  await look(buyer.page, "h5-team-failed");
  await buyer.page.getByRole("link", { name: "查看订单" }).click();
  await buyer.page.getByRole("heading", { name: "已退款" }).waitFor();
  await look(buyer.page, "h5-order-refunded");
  quiet(buyer);
});

test("a buyer outside the audience sees why, and can buy alone", async () => {
  for (const [locale, title] of [["zh-CN", "暂不能参加这个拼团"], ["en", "You cannot join this deal"]]) {
    const buyer = await signedUp(browser, server, `outside-${locale}`, { locale, phone: true });
    await buyer.page.goto("/products/cup");
    await buyer.page.getByText(title).waitFor();
    const why = await buyer.page.locator(".flag-bad").innerText();
    assert.ok(why.length > title.length + 3, `a reason in words, not ${why}`);
    assert.equal(await buyer.page.locator(".bar .buy-group").isDisabled(), true);
    assert.equal(await buyer.page.locator(".bar .buy-alone").isDisabled(), false);
    await look(buyer.page, `h5-product-refused-${locale}`);
    quiet(buyer);
  }
});

test("somebody buys alone and asks for the money back", async () => {
  const say = words["zh-CN"];
  const buyer = await signedUp(browser, server, "alone", {});
  await buyer.page.goto("/products/tea");
  await choose(buyer, visible(buyer.page, "button", say.alone), say);
  await payHere(buyer, /已付款，等待发货|已发货/);
  quiet(buyer);
});

test("who gives up at the cashier finds the order again, and can cancel it", async () => {
  const say = words.en;
  const buyer = await signedUp(browser, server, "hesitant-2", { phone: true, locale: "en" });
  await buyer.page.goto("/products/tea");
  await choose(buyer, visible(buyer.page, "button", say.open), say);
  await buyer.page.locator("form.quit button").click();
  await buyer.page.waitForURL(/\/pay\/return/);
  await buyer.page.getByRole("button", { name: say.paid }).click();
  await buyer.page.getByText("Alipay has not received this payment yet").waitFor();
  await look(buyer.page, "h5-return-unpaid");
  await buyer.page.goto("/orders?tab=to_pay");
  await buyer.page.getByRole("link", { name: "Continue to pay" }).click();
  await buyer.page.getByRole("button", { name: "Cancel order" }).click();
  await look(buyer.page, "h5-cancel");
  await buyer.page.getByRole("dialog").getByRole("button", { name: "Cancel order" }).click();
  await buyer.page.getByRole("heading", { name: "Not paid. The order is closed" }).waitFor();
  quiet(buyer);
});
