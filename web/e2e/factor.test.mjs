// The second factor of operators, with the codes that an app on a phone would show.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { colours, inspect } from "./care.mjs";
import { agree, press, shows } from "./desk.mjs";
import { look, openBrowser, openPage, startServer } from "./harness.mjs";
import { operate, quiet } from "./market.mjs";

let server, browser;
before(async () => {
  const folder = await mkdtemp(path.join(tmpdir(), "kaituan-e2e-"));
  await writeFile(path.join(folder, "strict.yaml"), "groupbuy: { second_factor: operator }\n");
  server = await startServer("--demo-data", "false", "--config", path.join(folder, "strict.yaml"));
  await rm(folder, { recursive: true });
  browser = await openBrowser();
  for (const [login, role] of [["xiaowei", "viewer"], ["lilei", "admin"]]) {
    await operate(server, "POST", "/api/groupbuy/admin/v1/operators", { login, name: login, role, password });
  }
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

const password = "tea-at-four-o-clock";

// What a browser's console says of answers that the test brings about.
const refused = /401.*(operators\/me|Unauthorized|\/sessions)|40[03].*/;

// shown is what the app shows: RFC 6238, so many periods of 30 seconds from now.
function shown(secret, later = 0) {
  const bits = [...secret].map((letter) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(letter).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const step = Buffer.alloc(8);
  step.writeBigInt64BE(BigInt(Math.floor(Date.now() / 30_000) + later));
  const sum = createHmac("sha1", key).update(step).digest();
  return String((sum.readUInt32BE(sum[19] & 15) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

// enter signs in with the password.
async function enter(page, login) {
  await page.goto("/console/");
  await shows(page, "登录控制台");
  await page.getByLabel("账号").fill(login);
  await page.getByLabel("密码").fill(password);
  await press(page, "登录");
}

const pairs = async (page, name) => {
  const found = [];
  for (const [colorScheme, rules] of [["light", undefined], ["dark", colours]]) {
    await page.emulateMedia({ colorScheme });
    await page.locator(`html[data-look="${colorScheme}"]`).waitFor();
    await page.waitForTimeout(100);
    await look(page, `console-factor-${name}-${colorScheme}`);
    found.push(...(await inspect(page, name, rules)));
  }
  assert.deepEqual(found, []);
};

test("an administrator must set a second factor up, signs in with it, and with a recovery code", async () => {
  const who = { name: "lilei", ...(await openPage(browser, server)) };
  const { page } = who;
  await page.emulateMedia({ reducedMotion: "reduce" }); // menus have to open all the same
  await enter(page, "lilei");
  await shows(page, "请先设置两步验证");
  await page.goto("/console/orders"); // there is nothing else to see
  await shows(page, "请先设置两步验证");
  await page.getByLabel("当前密码").fill("not-the-password");
  await press(page, "继续");
  await page.getByRole("alert").waitFor();
  await page.getByLabel("当前密码").fill(password);
  await press(page, "继续");
  await page.getByRole("img", { name: "验证器应用的二维码" }).waitFor();
  await pairs(page, "scan");
  const secret = await page.locator(".secret .ident").getAttribute("title");
  await page.getByLabel("应用显示的验证码").fill("000000");
  await press(page, "启用");
  await page.getByRole("alert").waitFor();
  await page.getByLabel("应用显示的验证码").fill(shown(secret));
  await press(page, "启用");
  await page.getByText("两步验证已启用。").waitFor();
  await pairs(page, "codes");
  const codes = await page.locator(".factor-codes code").allTextContents();
  assert.equal(codes.length, 10);
  await press(page, "我已保存");
  await shows(page, "订单");

  const signOut = async () => {
    await press(page, "账号：lilei");
    await page.getByRole("menuitem", { name: "退出登录" }).click();
  };
  await signOut();
  await enter(page, "lilei");
  await shows(page, "两步验证");
  await pairs(page, "ask");
  await page.getByLabel("验证码").fill("111111");
  await press(page, "登录");
  await page.getByRole("alert").getByText("second_factor_wrong").waitFor();
  await page.getByLabel("验证码").fill(shown(secret, 1)); // the one before was used up
  await press(page, "登录");
  await shows(page, "总览");
  await signOut();
  await enter(page, "lilei");
  await page.getByLabel("验证码").fill(codes[0].toUpperCase());
  await press(page, "登录");
  await shows(page, "总览");
  await press(page, "账号：lilei");
  await page.getByRole("menuitem", { name: "账号与安全" }).click();
  await page.locator(".pairs").getByText("剩余恢复码").waitFor();
  await page.getByText("9", { exact: true }).waitFor();
  await pairs(page, "account");
  quiet(who, refused);
});

test("whoever may choose sets one up on the account's page, and an administrator resets it", async () => {
  const who = { name: "xiaowei", ...(await openPage(browser, server, { phone: true })) };
  const { page } = who;
  await page.emulateMedia({ reducedMotion: "reduce" }); // menus have to open all the same
  await enter(page, "xiaowei");
  await shows(page, "总览");
  await page.goto("/console/account");
  await press(page, "设置");
  await page.getByLabel("当前密码").fill(password);
  await press(page, "继续");
  const secret = await page.locator(".secret .ident").getAttribute("title");
  await pairs(page, "phone");
  await page.getByLabel("应用显示的验证码").fill(shown(secret));
  await press(page, "启用");
  await press(page, "我已保存");
  await page.locator("h2").getByText("已启用").waitFor();

  const admin = await openPage(browser, server);
  await admin.page.setViewportSize({ width: 1440, height: 900 });
  await admin.page.context().setExtraHTTPHeaders({ Authorization: `Bearer ${server.token}` });
  await admin.page.goto("/console/operators");
  const row = admin.page.getByRole("row", { name: /xiaowei/ });
  await row.getByText("已启用").waitFor();
  await press(row, "修改");
  const form = admin.page.getByRole("dialog");
  await look(admin.page, "console-factor-reset");
  await press(form, "重置");
  await admin.page.getByRole("dialog", { name: /重置xiaowei/ }).getByText("请先确认确实是本人要求").waitFor();
  await admin.page.waitForTimeout(300);
  await look(admin.page, "console-factor-reset-confirm");
  await admin.page.getByRole("dialog", { name: /重置xiaowei/ }).getByRole("button", { name: "重置" }).click();
  await row.getByText("未启用").waitFor();

  await page.goto("/console/account");
  await shows(page, "登录控制台"); // the reset ended the session
  await enter(page, "xiaowei");
  await shows(page, "总览");
  await page.goto("/console/account");
  await page.locator("h2").getByText("未启用").waitFor();
  quiet(who, refused);
});
