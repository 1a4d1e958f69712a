// What nobody should type, in a browser that would run it: scripts in names, questions and imported texts stay text, letters that
// turn the direction turn nothing else, a long question is not lost, a double click sends once, and links that are over say so.
// TestPages starts the service with the demonstration county and runs this file, see chromium.mjs.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { base, code, come, launch, received, send, signInStaff } from './chromium.mjs';

const hostile = '<script>document.title="x"</script><img src=x>"&{{.}}';
const turned = '赁\u202e来的设备😀👨‍👩‍👧能不能补贴';

let browser;
before(async () => { browser = await launch(); });
after(() => browser?.close());

// shows checks that a page holds the words as text and that none of them has become an element.
async function shows(person, words) {
  await person.page.getByText(words, { exact: false }).first().waitFor({ state: 'attached' });
  const made = await person.page.evaluate(() => document.querySelectorAll('img[src=x], script:not([src])').length + (document.title === 'x' ? 1 : 0));
  assert.equal(made, 0, `${person.page.url()}: what was typed has become a part of the page`);
}

test('scripts and turned letters in a question, sent twice', { timeout: 1_200_000 }, async () => {
  // Without scripts nothing but the service itself keeps a double click from asking twice.
  const visitor = await come(browser, { javaScriptEnabled: false }), { page } = visitor, officer = await come(browser);
  await page.goto(base + '/ask?policy=1');
  const long = '能补多少钱呢？'.repeat(1429);
  await page.locator('#question').fill(long);
  await send(page);
  await shows(visitor, '最多2000字，现在有10003字');
  assert.equal(await page.locator('#question').inputValue(), long, 'what was typed is lost');
  await page.locator('#question').fill(turned + hostile);
  await send(page);
  await page.getByRole('button', { name: '不登录，直接提交' }).dblclick();
  await page.getByText('问题已提交').first().waitFor(); // the first of the two loads is broken off, which waiting for an address takes for an error
  await shows(visitor, hostile);
  const said = page.locator('.said').first();
  assert.equal(await said.textContent(), turned + hostile);
  assert.equal(await said.evaluate(e => getComputedStyle(e).unicodeBidi), 'isolate', 'a letter that turns the direction turns what stands beside');
  const number = page.url().match(/questions\/(\d+)/)[1];

  await signInStaff(officer.page, 'demo-drafter');
  await officer.page.goto(base + '/console/questions');
  assert.equal(await officer.page.locator(`main a[href^="/console/questions/"]`).filter({ hasText: '赁' }).count(), 1, 'a double click has sent it once');
  for (const address of [`${base}/console/questions/${number}`, page.url()]) {
    await officer.page.goto(address);
    await shows(officer, hostile);
  }
  await visitor.leave();
  await officer.leave();
});

test('scripts in an imported text and in a name', { timeout: 1_200_000 }, async () => {
  const officer = await come(browser);
  await signInStaff(officer.page, 'demo-drafter');
  await officer.page.goto(base + '/console/import');
  await officer.page.getByLabel('选择文件').setInputFiles({ name: `${hostile.replaceAll('/', '')}.txt`, mimeType: 'text/plain', buffer: Buffer.from(`云川县商务局关于${hostile}的通知

云商务〔2026〕77号

一、对在云川县注册登记的${hostile}经营企业，给予20%的补助，最高不超过50万元。

二、本通知自2026年12月1日起施行。

云川县商务局
2026年11月20日
`) });
  await send(officer.page, 'button:has-text("导入并识别")');
  const policy = new URL(officer.page.url()).pathname;
  for (const address of [policy, `${policy}/fields`, `${policy}/measures`, `${policy}/interpretations`, policy.replace('/console', ''), '/console/policies']) {
    await officer.page.goto(base + address);
    await shows(officer, address.endsWith('/measures') || address.endsWith('/interpretations') ? '云川县商务局' : '<script>');
  }

  const reader = await come(browser), { page } = reader;
  await page.goto(base + '/subscribe?kind=enterprise');
  await page.locator('#name').fill(`\u202e${hostile}`);
  await page.locator('#region').selectOption('339901103');
  await send(page);
  await page.getByLabel('所有可能适用我的政策').check();
  await send(page);
  await page.locator('input[name=email]').check();
  await page.locator('input[name=address]').fill('ximei@shadu.example');
  await page.getByLabel('我已阅读并同意').check();
  await send(page);
  const once = await received('email', new RegExp(`"to":"x...@shadu.*?${code.source}`));
  await page.locator('input[name=code]').fill(once);
  await send(page, 'button[value=check]');
  await page.getByText('订阅成功').first().waitFor();
  await page.goto(base + '/me/policies');
  await shows(reader, hostile.slice(0, 11)); // a long name is cut short
  await page.goto(base + '/me/people');
  await shows(reader, hostile + '的联系人');
  assert.doesNotMatch(await page.locator('main').textContent(), /\u202e/, 'a name turns the words beside it');

  await officer.page.goto(`${base}/console/subscribers?q=${encodeURIComponent('<script>')}`);
  await shows(officer, hostile.slice(4)); // a name is masked in the middle
  await officer.leave();

  // What is over says so: a code that was used, a link that was made up, a page after signing out.
  await page.goto(base + '/subscribe/verify');
  assert.notEqual(new URL(page.url()).pathname, '/subscribe/verify', 'a used code can be entered again');
  await page.goto(base + '/me');
  await send(page, 'form[action="/logout"] button');
  await page.goBack();
  await page.waitForURL(/\/login/);
  for (const [address, says] of [['/u/AWUBA86C9NWqGF_O_hMGUQ', '退订'], ['/ask?draft=00000000000000000000', '没有这份没发出的提问'], ['/questions/1?code=AAAAAAAAAA', '没有']]) {
    const answer = await page.goto(base + address);
    assert.ok(answer.status() >= 400 && answer.status() < 500, `${address} answered ${answer.status()}`);
    await shows(reader, says);
  }
  await reader.leave();
});
