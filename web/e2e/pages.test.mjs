// Every page of the shop, in both languages, on a phone and at a desk, by day and by night: pictures for people to look
// at, and what is wrong for people who cannot.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { inspect, shiftsOf, watchShifts } from "./care.mjs";
import { call, look, openBrowser, openPage, startServer } from "./harness.mjs";
import { quiet, sell, signedUp } from "./market.mjs";

let server, browser, seen;
before(async () => {
  server = await startServer();
  browser = await openBrowser();
  seen = await fill();
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

// fill leaves a team that waits, with somebody who pays right now, and an order that does.
async function fill() {
  const activity = await sell(server, "lamp", {
    name: "手作和纸台灯，暖光可调，适合床头与书桌，送礼自用皆宜（含灯泡）", price: 25900, pictures: ["/pictures/paper-lamp.svg"],
    activity: { team_size: 4, leader_discount_fen: 500, tiers: [{ size: 8, plan: { kind: "reduce", off_fen: 5000 } }] },
  });
  const leader = await signedUp(browser, server, "陈晓燕");
  const order = await buy(leader, { activity_id: activity }, true);
  const second = await signedUp(browser, server, "Oskar");
  await buy(second, { activity_id: activity, team_id: order.team_id }, false);
  const waiting = await buy(leader, { mode: "solo" }, false);
  return { order: order.order_id, team: order.team_id, waiting: waiting.order_id, context: leader.page.context() };
}

async function buy({ page, name }, input, pay) {
  const order = await call(page, "POST", "/api/mall/v1/orders", { mode: "group", product_id: "lamp", sku_id: "one", ...input }, { "Idempotency-Key": `${Buffer.from(name).toString("hex")}-${pay}` });
  if (!pay) return order;
  const { pay_url } = await call(page, "POST", `/api/mall/v1/orders/${order.order_id}/payment`, { method: "page" });
  await page.goto(pay_url);
  await page.locator("form.pay button").click();
  await page.waitForURL(/\/pay\/return/);
  return order;
}

// The pages, and what has to be there before one is looked at. A function opens something on the page first.
const pages = {
  home: ["/", ".card"],
  product: ["/products/lamp", ".team-row"],
  sku: ["/products/lamp", ".buy-group", (page) => page.locator(".buy-group:visible").click()],
  rules: ["/products/lamp", ".row-button", (page) => page.locator(".row-button").click()],
  checkout: ["/checkout?mode=solo&product=lamp&sku=one&quantity=2", ".bill"],
  team: () => [`/teams/${seen.team}`, ".seats"],
  invite: () => [`/teams/${seen.team}`, ".seats", (page) => page.locator(".team-story .button.main").click()],
  poster: () => [`/teams/${seen.team}`, ".seats", openPoster],
  orders: ["/orders", ".order-card"],
  order: () => [`/orders/${seen.order}`, ".timeline"],
  unpaid: () => [`/orders/${seen.waiting}`, ".timeline"],
  return: () => [`/pay/return?order_id=${seen.order}`, ".order-card"],
  teams: ["/my/teams", ".order-card"],
  empty: ["/my/teams?tab=failed", ".note"],
  me: ["/my", ".tiles"],
};
async function openPoster(page) {
  await page.locator(".team-story .button.main").click();
  await page.locator(".share-ways .button").last().click();
  const poster = page.locator(".poster img");
  await poster.waitFor();
  assert.deepEqual(await poster.evaluate((image) => [image.naturalWidth, image.naturalHeight]), [750, 1180]);
}
const strangers = {
  "login-stranger": ["/login?next=%2Forders", "form"],
  "team-stranger": () => [`/teams/${seen.team}`, ".seats"],
  "orders-stranger": ["/orders", ".note"],
  "return-stranger": () => [`/pay/return?order_id=${seen.order}`, ".note"],
  "missing-stranger": ["/nowhere", ".note"],
};

const looks = ["zh-CN", "en"].flatMap((locale) => [
  { locale, width: 360, height: 780, phone: true },
  { locale, width: 1440, height: 900 },
]);

for (const how of looks) {
  const name = `${how.locale} ${how.width}`;
  test(`every page: ${name}`, async () => {
    const known = await visitor(name, how);
    await known.page.context().addCookies(await seen.context.cookies());
    const found = [];
    for (const [who, list] of [[known, pages], [await visitor(name, how), strangers]]) {
      for (const [page, where] of Object.entries(list)) found.push(...(await visit(who.page, page, typeof where === "function" ? where() : where, how)));
      quiet(who, /404 .*\/nowhere|404 \(Not Found\)|401 .*\/orders/);
    }
    assert.deepEqual(found, []);
  });
}

async function visitor(name, how) {
  const who = { name, ...(await openPage(browser, server, how)) };
  await who.page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
  await watchShifts(who.page);
  return who;
}

// visit looks at one page by day and by night, and returns what is wrong with it.
async function visit(page, name, [address, ready, open], { locale, width, height }) {
  await page.setViewportSize({ width, height });
  await page.goto(address);
  await page.locator(ready).filter({ visible: true }).first().waitFor();
  await page.waitForTimeout(150); // pictures; an open stream never lets the network be idle
  const found = await shiftsOf(page, `${name} ${locale} ${width}`);
  if (open) {
    await open(page);
    await page.getByRole("dialog").waitFor();
  } else {
    await page.setViewportSize({ width, height: await page.evaluate(() => document.documentElement.scrollHeight) }); // bars at the bottom hide nothing
  }
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    const picture = `h5-${name}-${locale}-${width}-${colorScheme}`;
    await look(page, picture);
    found.push(...(await inspect(page, picture)));
  }
  await page.emulateMedia({ colorScheme: "light" });
  return found;
}
