// What every browser test needs: the built program on data of its own, and a browser that knows nothing yet.
import { spawn } from "node:child_process";
import { access, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const root = fileURLToPath(new URL("../../", import.meta.url));
export const binary = process.env.KAITUAN_TEST_BINARY ?? path.join(root, "kaituan");
const screenshots = path.join(root, "screenshots");
const startLimit = 30_000; // milliseconds
const stopLimit = 15_000;

// startServer runs the program on random ports and waits until it is healthy. `url` is where the public listens,
// `privateURL` where operators look; `data` is its folder; `log()` is what it printed so far; `stop()` ends it as a deployment would, and
// fails when it does not end well.
export async function startServer(...flags) {
  await access(binary).catch(() => {
    throw new Error(`${binary} is not built: make build`);
  });
  const data = await mkdtemp(path.join(tmpdir(), "kaituan-e2e-"));
  const child = spawn(
    binary,
    ["serve", "--data", data, "--listen", "127.0.0.1:0", "--private-listen", "127.0.0.1:0", "--demo-history", "false", ...flags],
    { cwd: data, env: cleanEnvironment(), stdio: ["ignore", "pipe", "pipe"] },
  );
  const server = { data, log: collect(child), stop: () => stop(child, data, server.log) };
  try {
    server.url = await announced(child, server.log, "listening");
    server.privateURL = await announced(child, server.log, "private");
    await healthy(server.privateURL);
  } catch (cause) {
    child.kill("SIGKILL");
    await rm(data, { recursive: true, force: true });
    throw new Error(`the server did not start:\n${server.log()}`, { cause });
  }
  return server;
}

// cleanEnvironment leaves out the settings of whoever runs the tests.
function cleanEnvironment() {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("KAITUAN_")));
}

function collect(child) {
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (chunk) => (text += chunk));
  }
  return () => text;
}

// announced waits for the line `NAME http://HOST:PORT`, which serve prints once it listens there.
async function announced(child, log, name) {
  const line = new RegExp(`^${name} (http://\\S+)$`, "m");
  return until(`"${name}" in the output`, () => {
    if (child.exitCode !== null) throw new Error(`exit code ${child.exitCode}`);
    return line.exec(log())?.[1].replace(/\/$/, "");
  });
}

async function healthy(url) {
  return until(`${url}/healthz`, async () => (await fetch(`${url}/healthz`).catch(() => ({}))).ok);
}

// until repeats a question, every 50 ms, until the answer is true, and returns the answer.
export async function until(what, ask, limit = startLimit) {
  for (const end = Date.now() + limit; Date.now() < end; ) {
    const answer = await ask();
    if (answer) return answer;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`waited ${limit} ms for ${what}`);
}

async function stop(child, data, log) {
  const ended = new Promise((resolve) => child.once("exit", (code, signal) => resolve(code ?? signal)));
  if (child.exitCode === null) child.kill("SIGTERM");
  const insist = setTimeout(() => child.kill("SIGKILL"), stopLimit);
  const how = child.exitCode ?? (await ended);
  clearTimeout(insist);
  await rm(data, { recursive: true, force: true });
  if (how !== 0) throw new Error(`the server ended with ${how}:\n${log()}`);
}

// openBrowser starts chromium with a fresh profile, kept off the network's background chatter.
export async function openBrowser() {
  return chromium.launch({
    executablePath: process.env.KAITUAN_TEST_CHROMIUM ?? "/usr/bin/chromium",
    args: [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--no-first-run",
    ],
  });
}

// openPage opens a page of its own session and notes everything that a person with the console open would
// complain about: script errors, refused resources, failed requests, requests that leave this machine.
export async function openPage(browser, server, { phone = false, locale = "zh-CN" } = {}) {
  const viewport = phone ? { width: 390, height: 844 } : { width: 1280, height: 800 };
  const context = await browser.newContext({ baseURL: server.url, viewport, locale, isMobile: phone, hasTouch: phone });
  const page = await context.newPage();
  const complaints = [];
  page.on("pageerror", (error) => complaints.push(`script error: ${error.message}`));
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(`console: ${message.text()} ${message.location().url}`);
  });
  page.on("request", (request) => {
    const { hostname, protocol } = new URL(request.url());
    if (protocol.startsWith("http") && hostname !== new URL(server.url).hostname) complaints.push(`left this machine: ${request.url()}`);
  });
  page.on("response", (response) => {
    if (response.status() >= 400) complaints.push(`${response.status()} ${response.url()}`);
  });
  return { page, complaints };
}

// call asks the shop with the cookies of the page's browser, whatever page is open: the cashier and the return page
// forbid scripts to fetch. It returns the decoded answer and fails on any status but 2xx.
export async function call(page, method, path, body, headers = {}) {
  const answer = await page.request.fetch(path, { method, headers, data: body });
  const text = await answer.text();
  if (!answer.ok()) throw new Error(`${method} ${path}: ${answer.status()} ${text}`);
  return text ? JSON.parse(text) : undefined;
}

// look saves a picture of the whole page in screenshots/NAME.png, for people to look at.
export async function look(page, name) {
  await mkdir(screenshots, { recursive: true });
  await page.screenshot({ path: path.join(screenshots, `${name}.png`), fullPage: true });
}
