// What is pressed twice happens once, with scripts and without: two quick clicks, and the page before with the same button again.
// Who does so comes to where one press leads. TestKeyboard starts the service with the demonstration county and runs this file after
// the keyboard's, see chromium.mjs.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { base, caterersNotice, code, come, launch, received, send, signInStaff } from './chromium.mjs';

let browser;
before(async () => { browser = await launch(); });
after(() => browser?.close());

// twice clicks a button two times at once, waits for the words that one press leads to, goes back to the page before and presses
// the button again where it is still there.
async function twice(page, button, ...words) {
  const says = async () => { for (const w of words) await page.getByText(w).first().waitFor({ state: 'attached' }); };
  const at = page.url();
  await page.locator(button).first().dblclick();
  await says();
  await page.waitForLoadState('load');
  const led = page.url();
  try {
    await page.goBack({ waitUntil: 'load' });
  } catch (e) { // what was drawn for a form is not drawn again by itself: the browser asks first
    if (!/ERR_CACHE_MISS/.test(e.message)) throw e;
    await page.waitForURL('chrome-error://chromewebdata/');
  }
  if (page.url() === at && await page.locator(button).count()) {
    await page.locator(button).first().click();
    await page.waitForURL(led);
    await page.waitForLoadState('load');
  } else {
    await page.goto(led);
  }
}

// count opens a page and counts what a selector finds.
async function count(page, address, selector, text) {
  await page.goto(base + address);
  return page.locator(selector).filter({ hasText: text }).count();
}

for (const scripts of [false, true]) {
  const which = scripts ? '甲' : '乙', number = scripts ? 81 : 82;
  test(`pressed twice, ${scripts ? 'with' : 'without'} scripts`, { timeout: 900_000 }, async () => {
    const options = { javaScriptEnabled: scripts, reducedMotion: 'reduce' };
    const [reader, drafter, approver] = await Promise.all([1, 2, 3].map(() => come(browser, options)));

    // Subscribing.
    const { page } = reader, name = `云川沙渡${which}饭店`;
    await page.goto(base + '/subscribe?kind=enterprise');
    await page.locator('#name').fill(name);
    await page.locator('#region').selectOption('339901103');
    await page.locator('#industry').selectOption('H62');
    await page.locator('#size').selectOption('micro');
    await send(page);
    await page.getByLabel('所有可能适用我的政策').check();
    await send(page);
    await page.locator('input[name=email]').check();
    await page.locator('input[name=address]').fill(`twice${number}@shadu.example`);
    await page.getByLabel('我已阅读并同意').check();
    await send(page);
    await page.locator('input[name=code]').fill(await received('email', new RegExp(`"to":"t...@shadu.*?${code.source}`)));
    await twice(page, 'button[value=check]', '订阅成功');
    await signInStaff(approver.page, 'demo-approver');
    assert.equal(await count(approver.page, `/console/subscribers?q=${encodeURIComponent(name)}`, 'main a[href^="/console/subscribers/"]'), 1, 'subscribed twice');

    // Asking.
    await page.goto(base + '/ask?policy=1');
    await page.locator('#question').fill(`${which}店能补多少？`);
    await send(page);
    await twice(page, 'button[value=send]', '问题已提交');
    assert.equal(await count(page, '/questions', 'main .asked a[href^="/questions/"]'), 1, 'asked twice');

    // Publishing, urgently, and the second person's word.
    await signInStaff(drafter.page, 'demo-drafter');
    await drafter.page.goto(base + '/console/import');
    await drafter.page.getByLabel('或者粘贴正文').fill(caterersNotice(`${which}类餐饮业小微企业油烟净化`, number, 600));
    await drafter.page.getByRole('button', { name: '导入并识别' }).dblclick();
    const imported = () => drafter.page.waitForURL(/\/console\/policies\/\d+$/);
    await imported().catch(imported); // the second press breaks off the way the first one took
    assert.equal(await count(drafter.page, '/console/policies', 'main a[href^="/console/policies/"]', `${which}类餐饮业`), 1, 'imported twice');
    const policy = await drafter.page.locator('main a').filter({ hasText: `${which}类餐饮业` }).getAttribute('href'), release = `${policy}/release`;
    await drafter.page.goto(base + release);
    await twice(drafter.page, 'form[action$="/submit"] button', '已提交审批');
    await approver.page.goto(base + release);
    await twice(approver.page, 'form[action$="/approve"] button', '已审批通过');
    await drafter.page.goto(base + release);
    await drafter.page.getByLabel('紧急').check();
    if (await drafter.page.locator('#reason').count()) await drafter.page.locator('#reason').fill('内容简单');
    await twice(drafter.page, 'form[action$="/publish"] button', '紧急推送等第二人签字');
    assert.equal(await count(drafter.page, release, 'main .todo a[href^="/console/pushes/"]'), 1, 'published twice');
    const push = await drafter.page.locator('main .todo a[href^="/console/pushes/"]').getAttribute('href');
    await approver.page.goto(base + push);
    await twice(approver.page, 'button[value=sign]', '已签字');
    for (const [action, said] of [['submit', '提交审批'], ['approve', '审批通过'], ['publish', '紧急'], ['sign', '紧急推送签字']]) {
      assert.equal(await count(approver.page, release, 'main [aria-labelledby=history] li', said), action === 'publish' ? 2 : 1, `${action}: not once in the log`);
    }

    // What the reader does with the message.
    const message = page.locator('main .msg').filter({ hasText: `${which}类餐饮业` });
    for (let tries = 0; ; tries++) {
      await page.goto(base + '/inbox');
      if (await message.count()) break;
      assert.ok(tries < 300, 'the message does not come');
      await new Promise(resolve => setTimeout(resolve, 100)); // between two looks
    }
    const id = (await message.locator('h2 a').getAttribute('href')).match(/\d+$/)[0];
    await twice(page, `form[action="/inbox/${id}/done"] button:not([name=undo])`, '已标为已办理');
    assert.equal(await message.locator('.tag', { hasText: '已办理' }).count(), 1);
    await twice(page, `form[action="/inbox/${id}/dismiss"] button`, '已标为与我无关');
    assert.equal(await count(page, '/inbox?tab=dismissed', '.msg', `${which}类餐饮业`), 1);
    await approver.page.goto(base + push);
    await approver.page.getByText('与我无关1').first().waitFor({ state: 'attached' });
    await page.goto(base + '/policies?q=' + encodeURIComponent('油烟净化'));
    await twice(page, 'button[formaction="/me/searches"]', '搜索已保存');
    assert.equal(await count(page, '/me', '#searches .ways > li'), 1, 'kept twice');

    // A link that has done what it does says so when it is followed again.
    const stop = await received('email', new RegExp(`"to":"t\\*\\*\\*@shadu\\.example.*?${which}类餐饮业.*?(/u/[\\w-]+)`));
    await page.goto(base + stop);
    await twice(page, 'main button[type=submit]', '已退订');
    await page.goto(base + stop);
    await page.getByText('已退订').first().waitFor({ state: 'attached' });
    for (const person of [reader, drafter, approver]) await person.leave();
  });
}
