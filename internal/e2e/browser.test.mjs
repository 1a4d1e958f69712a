// Two journeys in Chromium, without and with scripts, at 390 and 1280 pixels, in each mode of display:
//   subscribe -> receive -> open -> unsubscribe, and import -> approve -> publish.
// The Go test TestBrowser starts the service with the demonstration county and runs this file, see chromium.mjs.
// Every page that is visited has no accessibility finding (axe, WCAG 2.2 A and AA), says nothing on the console, and is no
// wider than its window.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { axe, base, caterersNotice, display, launch, picture, received, tags } from './chromium.mjs';

const operators = { drafter: 'demo-drafter', approver: 'demo-approver', password: 'yunchuan-demo' };

let browser;
before(async () => { browser = await launch(); });
after(() => browser?.close());

// Person is a browser of their own that notes what goes wrong.
class Person {
  constructor(name, variant, page) {
    Object.assign(this, { name, variant, page, complaints: [] });
    page.setDefaultTimeout(120_000);
    page.on('console', m => { // a form that is sent back has a status of its own: the browser mentions it
      if (['error', 'warning'].includes(m.type()) && !m.text().includes('status of 422')) this.complaints.push(`${page.url()}: ${m.text()}`);
    });
    page.on('pageerror', e => this.complaints.push(`${page.url()}: ${e.message}`));
  }

  static async come(name, variant) {
    const context = await browser.newContext({
      viewport: { width: variant.width, height: variant.width < 600 ? 844 : 900 }, javaScriptEnabled: variant.scripts,
      reducedMotion: 'reduce', locale: 'zh-CN', timezoneId: 'Asia/Shanghai', ...(variant.width < 600 ? { isMobile: true, hasTouch: true } : {}),
    });
    await display(context, variant.mode);
    return new Person(name, variant, await context.newPage());
  }

  async open(address) {
    const answer = await this.page.goto(new URL(address, base).href);
    assert.ok(answer.ok(), `${address} answered ${answer.status()}`);
  }

  button(name) { return this.page.getByRole('main').getByRole('button', { name }).first(); }

  async press(name) {
    await Promise.all([this.page.waitForNavigation(), this.button(name).click()]);
  }

  async says(...words) {
    for (const w of words) await this.page.getByText(w).first().waitFor({ state: 'attached' });
  }

  // look examines the page. Pictures of all pages are made by modes.test.mjs, see picture for those of a failure.
  async look(what) {
    const { scripts } = this.variant;
    const { wide, found } = await this.page.evaluate(async ({ axe, tags }) => {
      for (const put of document.querySelectorAll('.later')) put.classList.remove('later'); // what is put off would hide how wide it is
      const wide = document.documentElement.scrollWidth - innerWidth;
      if (!axe) return { wide, found: [] }; // it waits with timers, which a page without scripts has not
      if (!window.axe) (0, eval)(axe);
      scrollTo(0, 0); // where a link led to, the head that stays may cover half a button
      const { violations } = await window.axe.run(document, { runOnly: tags, resultTypes: ['violations'], preload: false });
      return { wide, found: violations.map(v => `${v.id}: ${v.nodes.map(n => `${n.target} ${n.failureSummary}`).join(' | ').slice(0, 600)}`) };
    }, { axe: scripts ? axe : '', tags });
    assert.deepEqual(found, [], `${this.name}, ${what}: accessibility`);
    assert.ok(wide <= 0, `${this.name}, ${what}: ${wide} px wider than its window`);
  }

  // picture keeps what is on the screen.
  picture() {
    const { scripts, width, mode } = this.variant;
    return picture(this.page, `failed-${scripts ? 'js' : 'nojs'}-${width}-${mode}-${this.name}.png`);
  }

  async leave() {
    await this.page.context().close();
    assert.deepEqual(this.complaints, [], `${this.name}: said on the console`);
  }
}

// codeFor reads the newest one-time code that the outbox holds for a number.
const codeFor = number => received('sms', new RegExp(`"to":"${number.slice(0, 3)}\\*{4}${number.slice(-4)}".*验证码[^"]*?(\\d{6})`));

// noticeOf is a document, different in each variant, with words of its title.
function noticeOf({ no }) {
  const words = `第${no}批`;
  return { words, text: caterersNotice(`${words}餐饮业小微企业明厨亮灶`, 60 + no, `${no}500`) };
}

async function subscribe(reader, number) {
  await reader.open('/');
  await reader.look('home');
  await reader.open('/subscribe');
  await reader.look('who');
  await reader.page.getByRole('link', { name: '企业' }).first().click();
  await reader.page.getByLabel('企业名称').fill(`云川沙渡第${reader.variant.no}饭店`);
  await reader.page.getByLabel('经营所在地').selectOption('339901103');
  await reader.page.getByLabel('行业').selectOption('H62');
  await reader.page.getByLabel('企业规模').selectOption('micro');
  await reader.look('facts');
  await reader.press('下一步');
  await reader.page.getByLabel('所有可能适用我的政策').check();
  await reader.look('topics');
  await reader.press('下一步');
  await reader.page.locator('input[name=sms]').check();
  await reader.page.getByLabel('手机号').fill(number);
  await reader.look('channels');
  await reader.press('下一步'); // without consent
  await reader.says('请阅读并勾选同意');
  await reader.look('refused');
  // Half of the readers want only what is new; the box is on by itself.
  assert.ok(await reader.page.getByLabel('先把现在有效的政策发我一份').isChecked());
  if (!reader.variant.scripts) await reader.page.getByLabel('先把现在有效的政策发我一份').uncheck();
  assert.equal(await reader.page.getByLabel('手机号').inputValue(), number, 'what was typed is lost');
  await reader.page.getByLabel('我已阅读并同意').check();
  await reader.press('下一步');
  await reader.page.locator('input[name=code]').fill(await codeFor(number));
  await reader.look('code');
  await reader.press('验证');
  await reader.says('订阅成功');
  await reader.look('done');
}

// firstDigest opens what was in force when the reader subscribed.
async function firstDigest(reader) {
  const message = reader.page.getByRole('main').getByRole('link', { name: /现有\d+份政策可能与您有关/ }).first();
  await message.waitFor(); // by itself: the page listens
  await message.click();
  await reader.says('到“我的政策”看全部');
  await reader.look('first');
  await reader.open('/me/policies');
  await reader.look('mine');
  await reader.open('/inbox');
}

async function signIn(person, login) {
  await person.open('/console/policies');
  await person.look('sign-in');
  await person.page.getByLabel('账号').fill(login);
  await person.page.getByLabel('密码').fill('not the password');
  await person.press('登录');
  await person.says('账号或密码不对');
  assert.equal(await person.page.getByLabel('账号').inputValue(), login, 'what was typed is lost');
  await person.page.getByLabel('密码').fill(operators.password);
  await person.press('登录');
}

// importNotice imports the document with one that is empty and returns the page of the draft.
async function importNotice(drafter, notice) {
  await drafter.open('/console/import');
  await drafter.look('import');
  await drafter.page.getByLabel('选择文件').setInputFiles([
    { name: '补贴通知.txt', mimeType: 'text/plain', buffer: Buffer.from(notice.text) },
    { name: '空文件.txt', mimeType: 'text/plain', buffer: Buffer.alloc(0) },
  ]);
  await drafter.press('导入并识别');
  await drafter.says('空文件.txt', '文件是空的');
  await drafter.look('imported');
  await drafter.page.getByRole('main').locator('a', { hasText: notice.words }).first().click();
  await drafter.says('受众预览');
  return new URL(drafter.page.url()).pathname;
}

// review looks at every page about a draft and adds an answer to it.
async function review(drafter, policy) {
  await drafter.look('tags');
  await drafter.press('确认全部自动判定的');
  await drafter.look('confirmed');
  for (const step of ['fields', 'measures', 'measures/m1', 'interpretations']) {
    await drafter.open(`${policy}/${step}`);
    await drafter.look(step.replace('/', '-'));
  }
  await addCondition(drafter, policy);
  await tryAudience(drafter, policy);
  await drafter.open(`${policy}/release`);
  await drafter.look('submit');
  await drafter.press('提交审批');
  await drafter.says('已提交审批');
}

// addCondition comes to the form that adds a condition, of both kinds. With scripts, what was typed beside it is still there.
async function addCondition(drafter, policy) {
  const { page } = drafter, measure = `${policy}/measures/m1`;
  await drafter.open(measure);
  await page.getByLabel('对象（原文说法）').fill('本镇的小餐馆');
  if (drafter.variant.scripts) {
    await Promise.all([page.waitForURL(/field=industry/), page.getByLabel('条件项目').selectOption('industry')]);
    assert.equal(await page.getByLabel('对象（原文说法）').inputValue(), '本镇的小餐馆', 'what was typed is lost');
  } else {
    await drafter.open(`${measure}?at=-&field=industry`);
  }
  await drafter.look('condition');
  await drafter.open(`${measure}?at=-&field=staff`);
  await drafter.look('condition-number');
}

// tryAudience changes what the draft asks for, by the keyboard, and saves nothing. With scripts the numbers follow by
// themselves and the field keeps the focus.
async function tryAudience(drafter, policy) {
  await drafter.open(`${policy}/audience`);
  await drafter.look('trial');
  const large = drafter.page.locator('input[name=size][value=large]');
  await large.focus();
  await drafter.page.keyboard.press('Space');
  if (drafter.variant.scripts) {
    await drafter.says('试算，未保存', '与保存的条件相比');
    assert.ok(await large.evaluate(box => box === document.activeElement), 'the answer took the focus away');
  } else {
    await drafter.press('重新计算');
    await drafter.says('试算，未保存', '与保存的条件相比');
  }
  assert.ok(await large.isChecked(), 'what was ticked is lost');
  await drafter.look('tried');
  await drafter.page.getByLabel('查一个主体为什么').fill('云川');
  if (drafter.variant.scripts) await drafter.button('查询').click(); else await drafter.press('查询');
  await drafter.says('这一个', '还有别的主体');
  await drafter.look('explained');
}

async function approve(approver, policy) {
  await approver.open('/console');
  await approver.look('desk');
  await approver.open(`${policy}/release`);
  await approver.look('approve');
  await approver.press('审批通过');
  await approver.says('已审批通过');
}

async function publish(drafter, policy) {
  await drafter.open(`${policy}/release`);
  await drafter.look('publish');
  const reason = drafter.page.getByLabel('不解读的理由');
  if (await reason.count()) await reason.fill('内容简单，文件本身已写明');
  await drafter.press('发布并推送');
  await drafter.says('已发布');
  await drafter.page.getByRole('heading', { name: '各渠道' }).waitFor(); // by itself: live, or reloading
  await drafter.look('push');
}

// colleague joins the reader's enterprise, sees what it has received, and is removed.
async function colleague(reader) {
  const number = `1380030099${reader.variant.no}`;
  await reader.open('/me/people');
  await reader.page.locator('summary', { hasText: '邀请同事' }).click();
  await reader.page.getByLabel('同事的手机号或邮箱').fill(number);
  await reader.page.locator('#role-invite').selectOption('finance');
  await reader.look('invite');
  await reader.press('邀请');
  await reader.says('请告诉同事');
  const clerk = await Person.come('clerk', reader.variant);
  await clerk.open('/login');
  await clerk.page.locator('#address').fill(number);
  await clerk.press('获取验证码');
  await clerk.page.locator('#code').fill(await codeFor(number));
  await clerk.press('确定');
  await clerk.says('邀请您作为');
  await clerk.look('invited');
  await clerk.press('接受');
  await clerk.open('/inbox');
  await clerk.look('theirs');
  await clerk.open('/me/people');
  await clerk.says('办理');
  await clerk.look('people');
  await reader.open('/me/people');
  await reader.look('people');
  await reader.press('移除');
  await reader.says('已移除');
  await clerk.page.goto(new URL('/inbox', base).href);
  assert.match(clerk.page.url(), /login/, 'who was removed is still in');
  await clerk.leave();
}

async function receive(reader, notice) {
  if (!reader.variant.scripts) await reader.open('/inbox'); // with them the message is there by itself
  await reader.page.getByRole('main').locator('a', { hasText: notice.words }).first().waitFor();
  await reader.look('received');
  await reader.page.getByRole('main').locator('a', { hasText: notice.words }).first().click();
  await reader.says('为什么推给您', '政策原文');
  await reader.look('policy');
  await reader.open('/policies');
  await reader.look('library');
  await reader.open('/policies?q=' + encodeURIComponent('买设备能补多少钱'));
  await reader.says('条结果', '最相关');
  await reader.look('found');
  await reader.open('/me');
  await reader.look('me');
  await colleague(reader);
  await reader.open('/inbox');
  await reader.page.locator('summary', { hasText: '退订' }).first().click();
  await reader.look('stop');
  await reader.press('退订全部推送');
  await reader.says('已退订全部推送');
  await reader.look('stopped');
}

async function journey(notice, reader, drafter, approver) {
  const { no, scripts } = reader.variant;
  await subscribe(reader, `1390030099${no}`);
  await reader.open('/inbox');
  if (scripts) await firstDigest(reader); else await reader.says('还没有消息');
  await reader.look('empty');
  await signIn(drafter, operators.drafter);
  const policy = await importNotice(drafter, notice);
  await review(drafter, policy);
  await signIn(approver, operators.approver);
  await approve(approver, policy);
  await publish(drafter, policy);
  await receive(reader, notice);
}

for (const [no, scripts, width, mode] of [[1, false, 390, 'contrast'], [2, true, 390, 'elder'], [3, false, 1280, 'elder'], [4, true, 1280, 'normal']]) {
  test(`a policy reaches its reader ${scripts ? 'with' : 'without'} scripts at ${width} px, ${mode}`, { timeout: 900_000 }, async () => {
    const variant = { no, scripts, width, mode };
    const notice = noticeOf(variant);
    const people = await Promise.all(['reader', 'drafter', 'approver'].map(name => Person.come(name, variant)));
    try {
      await journey(notice, ...people);
    } catch (failure) {
      for (const person of people) await person.picture();
      throw failure;
    }
    for (const person of people) await person.leave();
  });
}
