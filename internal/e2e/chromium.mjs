// What the tests in Chromium share: the browser, the outbox of the service, and axe. The Go tests of chromium_test.go start the
// service and run the files with this environment:
//   E2E_URL     where the service answers          E2E_OUTBOX  its outbox folder: the channels are set to log
//   E2E_SHOTS   where screenshots go               CHROMIUM    the browser, if it is not in a usual place
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { chromium } from 'playwright-core';

export const { E2E_URL: base, E2E_OUTBOX: outbox, E2E_SHOTS: shots } = process.env;
export const axe = fs.readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
export const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const places = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

// executable is the browser that is installed.
export const executable = places.find(p => p && fs.existsSync(p));

// launch starts a browser that asks nobody but the service.
export function launch(more = []) {
  assert.ok(base && outbox && shots, 'run it with go test ./internal/e2e');
  fs.mkdirSync(shots, { recursive: true });
  return chromium.launch({ executablePath: executable, args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
    '--disable-background-networking', '--disable-component-update', '--disable-sync', '--disable-dev-shm-usage', ...more] });
}

// modes of display, with what <html> says of each: data-ui and data-contrast.
export const modes = { normal: ['std', 'std'], elder: ['elder', 'std'], contrast: ['std', 'high'] };

// display makes a mode the one that a browser keeps in its cookies.
export function display(context, mode) {
  const [ui, contrast] = modes[mode];
  return context.addCookies([{ name: 'ui', value: ui, url: base }, { name: 'contrast', value: contrast, url: base }]);
}

// come opens a browser of somebody's own. What it complains of is noted, and told when they leave.
export async function come(browser, options = { reducedMotion: 'reduce' }) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: 'zh-CN', timezoneId: 'Asia/Shanghai', ...options });
  const page = await context.newPage(), wrong = [];
  page.setDefaultTimeout(120_000);
  page.on('console', m => { // a page that says no has a status of its own: the browser mentions it
    if (['error', 'warning'].includes(m.type()) && !/status of 4\d\d/.test(m.text())) wrong.push(`${page.url()}: ${m.text()}`);
  });
  page.on('pageerror', e => wrong.push(`${page.url()}: ${e.message}`));
  page.on('response', r => { // but what a page loads is there
    if (r.status() >= 400 && !['document', 'fetch'].includes(r.request().resourceType())) wrong.push(`${page.url()}: ${r.url()} answered ${r.status()}`);
  });
  return { context, page, wrong, leave: async () => {
    await context.close();
    assert.deepEqual(wrong, []);
  } };
}

// picture keeps a picture of a page. A browser with too much to do refuses one at times ("Unable to capture screenshot") and
// makes the same a moment later; whatever else goes wrong, and the fifth refusal, is an error.
export async function picture(page, file, options = { fullPage: true }) {
  for (let tries = 1; ; tries++) {
    try {
      return await page.screenshot({ path: path.join(shots, file), ...options });
    } catch (err) {
      if (tries === 5 || !/Unable to capture screenshot/.test(err.message)) throw err;
      await new Promise(resolve => setTimeout(resolve, 500)); // until it has less to do
    }
  }
}

// send presses the last button of a kind, which leads to another page.
export async function send(page, button = 'main button[type=submit]') {
  await Promise.all([page.waitForNavigation(), page.locator(button).last().click()]);
}

// signInStaff signs an operator of the demonstration in.
export async function signInStaff(page, login) {
  await page.goto(base + '/console/login');
  await page.getByLabel('账号').fill(login);
  await page.getByLabel('密码').fill('yunchuan-demo');
  await send(page);
}

// notice is a document of 沙渡镇 that pays small caterers for something, this year and the next.
export function caterersNotice(what, number, yuan) {
  const year = new Date().getFullYear();
  return `云川县沙渡镇人民政府文件

沙政发〔${year}〕${number}号

云川县沙渡镇人民政府关于发放${what}补贴的通知

各有关经营单位：

为支持餐饮业提升食品安全水平，现就${what}补贴有关事项通知如下。

一、补贴标准

对在沙渡镇注册登记的餐饮业小型企业和微型企业安装设备的，给予一次性${yuan}元补贴。

二、申请办理

符合条件的单位到沙渡镇便民服务中心申请，申请材料包括：营业执照、设备购置发票。申请时间至${year + 1}年6月30日止。

三、本通知自${year}年1月1日起执行，有效期至${year + 1}年12月31日。咨询电话：0555-0000201。

云川县沙渡镇人民政府
${year}年1月1日

（此件公开发布）
`;
}

// sent returns what the outbox holds of a channel, the newest first.
function sent(kind) {
  const folder = path.join(outbox, kind);
  return !fs.existsSync(folder) ? [] : fs.readdirSync(folder).filter(f => f.endsWith('.jsonl')).sort()
    .flatMap(f => fs.readFileSync(path.join(folder, f), 'utf8').trim().split('\n')).map(l => JSON.stringify(JSON.parse(l))).reverse();
}

// received waits for a message of a channel that a pattern finds, the newest, and returns what the pattern takes from it.
export async function received(kind, pattern) {
  for (let tries = 0; tries < 600; tries++) {
    const found = sent(kind).map(l => l.match(pattern)).find(Boolean);
    if (found) return found[1];
    await new Promise(resolve => setTimeout(resolve, 50)); // between two looks
  }
  assert.fail(`${kind}: nothing came that matches ${pattern}`);
}

// code is what a message with a one-time code says, or its subject.
export const code = /验证码[^"]*?(?<!\d)(\d{6})(?!\d)/;

// slow makes the line of a page that of "slow 4G" and its processor a quarter as fast.
export async function slow(context, page) {
  const line = await context.newCDPSession(page);
  await line.send('Network.emulateNetworkConditions', { offline: false, latency: 150, downloadThroughput: 1.6e6 / 8, uploadThroughput: 0.75e6 / 8 });
  await line.send('Emulation.setCPUThrottlingRate', { rate: 4 });
}
