// Pages of further channels, and the service worker, in Chromium. The Go test TestFurtherChannelsInTheBrowser starts the service
// and runs this file, see chromium.mjs.
//
// A browser without its maker's push service cannot subscribe, so the message is put in by the debugging protocol: the page's own
// push handler runs, and what it shows is asked of it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { axe, base, code, launch, picture, received, tags } from './chromium.mjs';

let browser;
before(async () => { browser = await launch(); });
after(() => browser?.close());

// signIn opens 我的订阅 as one of the demonstration's enterprises, whose session the next pages share.
let state;
async function signIn(page) {
  await page.goto(base + '/login');
  await page.fill('#address', '19900000001');
  await Promise.all([page.waitForNavigation(), page.locator('main button.pri').first().click()]);
  await page.fill('#code', await received('sms', code));
  await Promise.all([page.waitForNavigation(), page.locator('main button.pri').first().click()]);
}

async function look(page, name) {
  const { wide, found } = await page.evaluate(async ({ axe, tags }) => {
    if (!window.axe) (0, eval)(axe);
    const { violations } = await window.axe.run(document, { runOnly: tags });
    return { wide: document.documentElement.scrollWidth - innerWidth, found: violations.map(v => `${v.id}: ${v.nodes.map(n => n.target).join(' ')}`) };
  }, { axe, tags });
  await picture(page, name + '.png');
  assert.deepEqual(found, [], name);
  assert.ok(wide <= 0, `${name} is ${wide} pixels wider than its window`);
}

test('readers open further channels, without scripts too', { timeout: 300_000 }, async () => {
  for (const width of [390, 1280]) {
    const context = await browser.newContext({ viewport: { width, height: 900 }, locale: 'zh-CN', reducedMotion: 'reduce', storageState: state });
    const page = await context.newPage();
    const complaints = [];
    page.on('console', m => { if (['error', 'warning'].includes(m.type())) complaints.push(m.text()); });
    page.on('pageerror', e => complaints.push(e.message));
    if (!state) {
      await signIn(page);
      state = await context.storageState();
    }
    await page.goto(base + '/me');
    await page.getByText('这个浏览器的通知', { exact: true }).click();
    await page.getByRole('button', { name: '开通这个浏览器的通知' }).waitFor();
    assert.equal(await page.getByText('没有打开脚本').count(), 0);
    await look(page, `js-${width}-ways`);
    await Promise.all([page.waitForNavigation(), page.getByRole('button', { name: '绑定微信' }).click()]);
    await page.getByAltText('用微信扫一扫绑定').waitFor();
    await look(page, `js-${width}-wechat`);
    assert.deepEqual(complaints, []);
    await context.close();
  }
  const plain = await browser.newContext({ viewport: { width: 390, height: 900 }, javaScriptEnabled: false, storageState: state });
  const page = await plain.newPage();
  await page.goto(base + '/me');
  await page.getByText('这个浏览器的通知', { exact: true }).click();
  await page.getByText('浏览器没有打开脚本时').waitFor();
  assert.equal(await page.getByRole('button', { name: '开通这个浏览器的通知' }).isVisible(), false);
  await picture(page, 'nojs-390-ways.png');
  await plain.close();
});

test('the service worker shows what is pushed, once', { timeout: 120_000 }, async () => {
  const context = await browser.newContext({ storageState: state });
  await context.grantPermissions(['notifications'], { origin: new URL(base).origin });
  const page = await context.newPage();
  await page.goto(base + '/me');
  await page.evaluate(() => navigator.serviceWorker.register('/sw.js').then(() => navigator.serviceWorker.ready).then(() => 1));
  const cdp = await context.newCDPSession(page);
  let id;
  cdp.on('ServiceWorker.workerRegistrationUpdated', e => e.registrations.forEach(r => { if (!r.isDeleted) id = r.registrationId; }));
  await cdp.send('ServiceWorker.enable');
  for (let i = 0; i < 100 && !id; i++) await new Promise(r => setTimeout(r, 100));
  const push = data => cdp.send('ServiceWorker.deliverPushMessage', { origin: new URL(base).origin, registrationId: id, data });
  const shown = async n => {
    for (let i = 0; ; i++) {
      const list = await page.evaluate(() => navigator.serviceWorker.ready.then(r => r.getNotifications()).then(l => l.map(x => ({ title: x.title, body: x.body, tag: x.tag, url: x.data.url }))));
      if (list.length >= n || i > 50) return list;
      await new Promise(r => setTimeout(r, 100));
    }
  };
  const said = { title: '云川县：稳岗返还', body: '适用可能性高，以正式文件为准。', tag: 'd1', url: base + '/policies/1' };
  // A browser that is busy, or stops the worker meanwhile, loses what is pushed: it is pushed again, which shows nothing more.
  let one = [];
  for (let i = 0; i < 10 && one.length < 1; i++) {
    await push(JSON.stringify(said));
    one = await shown(1);
  }
  assert.deepEqual(one, [said]);
  await push(JSON.stringify(said)); // repeated by a service that did not hear the answer
  let both = [];
  for (let i = 0; i < 10 && both.length < 2; i++) {
    await push('not what we send');
    both = await shown(2);
  }
  assert.equal(both.length, 2);
  assert.deepEqual(both.find(n => n.tag === 'policypush'), { title: '您订阅的主题有新政策', body: '请打开查看，以正式文件为准。', tag: 'policypush', url: '/inbox' });
  await context.close();
});
