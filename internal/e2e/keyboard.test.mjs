// What readers and offices do, with the keyboard alone, in each mode of display, and without scripts: each stop is reached by
// Tab and can be seen, forms are filled in and sent without a mouse. TestKeyboard starts the service with the demonstration county
// and runs this file, see chromium.mjs.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { base, caterersNotice, code, come, display, launch, modes, received } from './chromium.mjs';

let browser;
before(async () => { browser = await launch(); });
after(() => browser?.close());

// Hands is somebody at the keyboard of a browser of their own.
class Hands {
  static async come({ mode, scripts }) {
    const hands = Object.assign(new Hands(), await come(browser, { javaScriptEnabled: scripts, reducedMotion: 'reduce' }));
    await display(hands.context, mode);
    return hands;
  }

  async open(address) { await this.page.goto(base + address); }

  // to presses Tab until what has the focus is called so. Who begins a page goes past its head, by the link that is there for that,
  // if what is called so comes in the text first: tour sees every stop.
  async to(name) {
    for (let n = 0; n < 250; n++) {
      await this.page.keyboard.press('Tab');
      const at = await this.page.evaluate(name => {
        const e = document.activeElement, box = e.getBoundingClientRect(), style = getComputedStyle(e);
        if (e === document.body) return {}; // between the end of the page and its beginning
        const called = e => `${[...e.labels ?? []].map(l => l.innerText).join(' ')} ${e.tagName === 'TEXTAREA' ? '' : e.innerText ?? ''} ${e.name ?? ''} ${e.getAttribute('href') ?? ''} ${e.getAttribute('aria-label') ?? ''}`;
        const first = () => [...document.querySelectorAll('a[href], button, input, select, textarea, summary')].find(e => called(e).includes(name));
        return {
          is: called(e).includes(name), past: e.matches('.skip') && Boolean(first()?.closest('main')),
          ring: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2, there: box.width > 0 && box.height > 0 && box.bottom > 0 && box.top < innerHeight,
        };
      }, name);
      if (at.past && !at.is) await this.page.keyboard.press('Enter');
      if (!at.is) continue;
      assert.ok(at.ring && at.there, `${this.page.url()}: nobody sees that ${name} has the focus`);
      return;
    }
    assert.fail(`${this.page.url()}: the keyboard does not come to ${name}`);
  }

  async type(name, text) {
    await this.to(name);
    await this.page.keyboard.press('ControlOrMeta+a');
    await this.page.keyboard.type(text);
  }

  async tick(name) {
    await this.to(name);
    await this.page.keyboard.press('Space');
  }

  // choose goes down in a list to the entry of this value.
  async choose(name, value) {
    await this.to(name);
    const down = await this.page.evaluate(v => [...document.activeElement.options].filter(o => !o.disabled).findIndex(o => o.value === v) - document.activeElement.selectedIndex, value);
    assert.ok(down > 0, `${name} has no ${value} below`);
    for (let n = 0; n < down; n++) await this.page.keyboard.press('ArrowDown');
    assert.equal(await this.page.evaluate(() => document.activeElement.value), value);
  }

  async press(name) {
    await this.to(name);
    await Promise.all([this.page.waitForNavigation(), this.page.keyboard.press('Enter')]);
  }

  // tour goes through the page by Tab, from its beginning to its end: everything that can be used has its turn, once, as the document
  // has it, with a ring around it, not hidden by what sticks to an edge, and the next one is never above and to the left of the last.
  async tour() {
    await this.open(this.page.url().slice(base.length));
    await this.page.evaluate(() => { window.tour = { seen: new Set(), last: null, wrong: [] }; });
    for (let n = 0; n < 400; n++) {
      await this.page.keyboard.press('Tab');
      const more = await this.page.evaluate(() => {
        const { tour } = window, e = document.activeElement, [box = e.getBoundingClientRect()] = e.getClientRects(), style = getComputedStyle(e);
        if (e === document.body || tour.seen.has(e)) return false;
        const name = `${e.tagName} ${e.id || e.name || e.getAttribute('href') || e.innerText}`.slice(0, 60), wrong = why => tour.wrong.push(`${name}: ${why}`);
        tour.seen.add(e);
        if (style.outlineStyle === 'none' || parseFloat(style.outlineWidth) < 2) wrong('has no ring');
        const left = Math.max(box.left, 0) + 2, right = Math.min(box.right, innerWidth) - 2, top = Math.max(box.top, 0) + 2, bottom = Math.min(box.bottom, innerHeight) - 2;
        const points = [[(left + right) / 2, (top + bottom) / 2], [left, top], [right, bottom]].map(([x, y]) => document.elementFromPoint(x, y));
        if (left > right || top > bottom || !points.some(p => p && (e.contains(p) || p.contains(e) && [...e.labels ?? []].includes(p)))) wrong('is hidden');
        let stays = false;
        for (let p = e; p; p = p.parentElement) stays ||= /fixed|sticky/.test(getComputedStyle(p).position);
        const at = { e, left: box.left + scrollX, top: box.top + scrollY, bottom: box.bottom + scrollY }, { last } = tour;
        if (last && !(last.e.compareDocumentPosition(e) & Node.DOCUMENT_POSITION_FOLLOWING)) wrong('comes out of turn');
        if (!stays && last && at.bottom <= last.top + 1 && at.left <= last.left) wrong('goes back up');
        if (!stays) tour.last = at;
        return true;
      });
      if (!more) break;
    }
    const wrong = await this.page.evaluate(() => {
      const { seen, wrong } = window.tour;
      for (const e of document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex="0"]')) {
        const chosen = e.type === 'radio' && [...e.form.elements[e.name]].some(r => seen.has(r)); // arrows lead to the others
        if (!e.disabled && !e.matches('fieldset:disabled *') && e.checkVisibility({ visibilityProperty: true }) && !seen.has(e) && !chosen) wrong.push(`${e.outerHTML.slice(0, 120)}: the keyboard does not come there`);
      }
      if (seen.size < 10) wrong.push(`only ${seen.size} stops`);
      return wrong;
    });
    assert.deepEqual(wrong, [], this.page.url());
  }

  async says(...words) {
    for (const w of words) await this.page.getByText(w).first().waitFor({ state: 'attached' });
  }
}

async function signIn(variant, login) {
  const hands = await Hands.come(variant);
  await hands.open('/console/login');
  await hands.type('账号', login);
  await hands.type('密码', 'yunchuan-demo');
  await hands.press('登录');
  await hands.says('工作台');
  return hands;
}

async function asks(variant) {
  const visitor = await Hands.come(variant);
  await visitor.open('/');
  await visitor.page.keyboard.press('Tab');
  assert.match(await visitor.page.evaluate(() => document.activeElement.innerText), /跳到正文/, 'the first stop leads to the text');
  await visitor.page.keyboard.press('Enter');
  await visitor.type(' q ', '房租减免');
  await visitor.page.keyboard.press('Enter');
  await visitor.page.waitForURL(/\/policies\?/);
  await visitor.press('/policies/1');
  await visitor.press('核对条件');
  await visitor.says('第1题，最多6题');
  await visitor.choose('在哪里经营？', '339901103');
  await visitor.press('下一题');
  await visitor.choose('企业是什么规模？', 'micro');
  await visitor.press('下一题');
  await visitor.type('有多少从业人员？', '很多');
  await visitor.press('下一题');
  await visitor.says('请先改好下面1处');
  if (variant.scripts) assert.equal(await visitor.page.evaluate(() => document.activeElement.id), 'problems', 'after a mistake the focus is on what is wrong');
  await visitor.press('上一题');
  assert.equal(await visitor.page.getByLabel('企业是什么规模？').inputValue(), 'micro', 'what was answered is lost');
  await visitor.press('下一题');
  await visitor.type('有多少从业人员？', '8');
  await visitor.press('下一题');
  await visitor.press('不清楚，跳过');
  await visitor.says('第5题');
  await visitor.press('不清楚，跳过');
  await visitor.tick('以上都没有');
  await visitor.press('看结果');
  await visitor.says('以主管部门审核为准', '适用可能性高', '您的回答');

  await visitor.open('/policies/1');
  await visitor.to('按我的数字算一算');
  await visitor.page.keyboard.press('Enter');
  await visitor.type(' base ', '12000');
  await visitor.page.keyboard.press('Enter');
  await visitor.says('大约');

  const asked = `键盘也能提问吗，第${variant.no}次租来的铺面算不算？`, answer = `能，第${variant.no}次租来的铺面也算。`;
  await visitor.type('您的问题', asked);
  await visitor.press('下一步');
  await visitor.press('不登录，直接提交');
  await visitor.says('问题已提交');
  const address = new URL(visitor.page.url());
  const drafter = await signIn(variant, 'demo-drafter'), approver = await signIn(variant, 'demo-approver');
  await drafter.press('/console/questions');
  await drafter.press(address.pathname);
  await drafter.type(' answer ', answer);
  await drafter.tick(' cited ');
  await drafter.press('保存，交他人审核');
  await drafter.says('由另一位工作人员审核');
  await approver.open('/console' + address.pathname);
  await approver.press('审核通过，让提问人看到');
  await approver.says('告知');
  await visitor.page.goto(address.href);
  await visitor.says(answer);
  await visitor.press('有帮助');
  await visitor.says('您说：有帮助');

  await drafter.open('/console/policies/1/interpretations');
  await drafter.press('kind=qa');
  const told = `键盘能写第${variant.no}个解读吗？`;
  await drafter.type(' question ', told);
  await drafter.type(' answer ', '能，不用鼠标。');
  await drafter.tick(' cited ');
  await drafter.press('保存');
  await drafter.says(told);
  for (const hands of [visitor, drafter, approver]) await hands.leave();
}

// What stands for the number of a draft in the addresses of its pages.
const draftOf = hands => new URL(hands.page.url()).pathname.match(/^\/console\/policies\/\d+/)[0];

async function publishes(variant) {
  const drafter = await signIn(variant, 'demo-drafter'), approver = await signIn(variant, 'demo-approver');
  await drafter.tour();
  await drafter.press('/console/import');
  await drafter.tour();
  const chooser = drafter.page.waitForEvent('filechooser'); // before the way there: until the browser knows, it shows a box of its own
  await drafter.to('选择文件');
  await drafter.page.keyboard.press('Enter');
  await (await chooser).setFiles({ name: '通知.txt', mimeType: 'text/plain', buffer: Buffer.from(caterersNotice(`第${variant.no}次餐饮业小微企业碗筷消毒`, 40 + variant.no, 800)) });
  await drafter.press('导入并识别');
  await drafter.says('受众预览');
  const draft = draftOf(drafter);
  await drafter.tour();
  await drafter.press('确认全部自动判定的');
  await drafter.press(`${draft}/fields`);
  await drafter.tour();
  await drafter.type('咨询电话', '0555-0000299');
  await drafter.press('保存');
  await drafter.says('已保存');
  await drafter.press(`${draft}/measures`);
  await drafter.press(`${draft}/measures/m1`);
  await drafter.tour();
  await drafter.type('名称', '餐饮业小微企业经营补贴');
  await drafter.press('保存内容');

  await drafter.press(`${draft}/interpretations`);
  await drafter.tour();
  await drafter.press('采用并修改');
  await drafter.tour();
  await drafter.type(' answer ', '办了营业执照、在沙渡镇经营的餐饮店，都可以申请。');
  if (variant.scripts) await drafter.page.locator('#shown').getByText('都可以申请').waitFor(); // by itself, while it is typed
  await drafter.press('预览 do');
  await drafter.press('保存 do');
  await drafter.says('由另一位工作人员审核后对公众显示');
  await drafter.press(`${draft}/release`);
  await drafter.tour();
  await drafter.press('提交审批');
  await drafter.says('已提交审批');

  await approver.open('/console');
  await approver.press(`${draft}/release`);
  await approver.tour();
  await approver.press(`${draft}/interpretations`);
  await approver.press('审核通过');
  await approver.says('解读已审核');
  await approver.press(`${draft}/release`);
  await approver.type('审批意见', '同意');
  await approver.press('审批通过');
  await approver.says('已审批通过');

  await drafter.open('/console');
  await drafter.press(`${draft}/release`);
  await drafter.tick('紧急');
  await drafter.press('发布并推送');
  await drafter.says('紧急推送等第二人签字');
  const push = new URL(drafter.page.url()).pathname;
  await approver.open('/console');
  await approver.press(push);
  await approver.tour();
  await approver.press('签字，紧急发出');
  await approver.says('已签字', '各渠道');

  const reader = await Hands.come(variant);
  await reader.open(draft.replace('/console', ''));
  await reader.says('现行有效', '都可以申请');
  for (const hands of [drafter, approver, reader]) await hands.leave();
}

async function subscribes(variant) {
  const me = await Hands.come(variant), name = `${'abcdef'[variant.no]}nongjia`; // a name of which its first letter can be told in the outbox
  await me.open('/subscribe');
  await me.press('kind=resident');
  await me.choose('居住地', '339901103');
  await me.type('出生年份', '1946');
  await me.press('下一步');
  await me.tick('所有可能适用我的政策');
  await me.press('下一步');
  await me.tick('电子邮件');
  await me.type('邮箱', `${name}@shadu.example`);
  await me.tick('我已阅读并同意');
  await me.press('下一步');
  await me.type('6位验证码', await received('email', new RegExp(`"to":"${name[0]}...@shadu.*?${code.source}`)));
  await me.press('验证');
  await me.says('订阅成功');

  await me.press('/inbox');
  await me.page.getByRole('main').locator('a[href^="/inbox/"]').first().waitFor(); // by itself: the page listens
  await me.press('/inbox/');
  await me.says('到“我的政策”看全部');
  await me.open('/me');
  await me.press('/me/profile');
  await me.type('出生年份', '1947');
  await me.press('保存');
  await me.says('1947');
  await me.to('导出我的数据');
  const [file] = await Promise.all([me.page.waitForEvent('download'), me.page.keyboard.press('Enter')]);
  assert.match(file.suggestedFilename(), /\.json$/);
  await me.press('暂停全部推送');
  await me.says('全部推送已暂停');
  await me.press('恢复推送');

  const stop = await received('email', new RegExp(`"to":"${name[0]}\\*{3}@shadu\\.example.*(/u/[\\w-]+)`));
  await me.open(stop);
  await me.press('确认退订');
  await me.says('已退订');
  await me.open('/me/delete');
  await me.press('全部删除');
  await me.says('请先勾选确认');
  await me.tick('我确认全部删除');
  await me.press('全部删除');
  await me.says('已全部删除');
  await me.leave();
}

// A mode is two attributes of the document, see sameInEveryMode: without scripts one of them is enough.
const variants = [...Object.keys(modes).map(mode => ({ mode, scripts: true })), { mode: 'normal', scripts: false }].map((v, no) => ({ ...v, no }));
for (const [what, journey] of [
  ['a policy is found, checked, reckoned with and asked about; two officers answer', asks],
  ['an officer imports, checks, explains and hands in; a second one approves; it is published and its urgent push signed', publishes],
  ['somebody subscribes, reads, manages, stops and deletes', subscribes],
]) {
  for (const variant of variants) {
    test(`${variant.mode}, ${variant.scripts ? 'with' : 'without'} scripts: ${what}`, { timeout: 900_000 }, () => journey(variant));
  }
}

test('a link within the page leads to its place, whatever the page has put off', { timeout: 120_000 }, async () => {
  const hands = await Hands.come({ mode: 'normal', scripts: true });
  const place = async id => {
    await hands.page.waitForFunction(i => Math.abs(document.getElementById(i).getBoundingClientRect().top - 152) <= 2, id); // below what sticks to the top
    assert.equal(await hands.page.locator('.later').count(), 0);
  };
  await hands.open('/policies/1');
  assert.ok(await hands.page.locator('.later').count() > 0, 'nothing is put off');
  await hands.page.keyboard.press('Tab');
  await hands.page.waitForFunction(() => !document.querySelector('.later')); // soon, piece by piece
  for (const id of ['qa', 'text']) {
    await hands.open('/policies/1');
    await hands.to(`#${id}`);
    await hands.page.keyboard.press('Enter');
    await place(id);
    await hands.open('/');
    await hands.open(`/policies/1#${id}`);
    await place(id);
  }
  await hands.leave();
});
