// Every page of the portal and of the console in the three modes of display at 1280 and 390 pixels: no accessibility finding
// (axe, WCAG 2.2 A and AA and best practice), nothing said on the console (a breach of the content security policy is said there), nothing wider
// than the window, not at 320 pixels either, and no public page of more than 40 kB packed. Without scripts every form can be sent
// and no button does nothing. Pictures stay. Extra-large letters, print and less motion follow on a few pages, and every public page
// is opened over a slow line: nothing moves while it loads.
//
// What is a page stands in web/routes.go: each GET route there is looked at here or named in "others" with its reason.
// TestPages starts the service with the demonstration county and runs this file, see chromium.mjs.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { axe, base, code, come, launch, modes, picture, received, send, signInStaff, slow, tags } from './chromium.mjs';

// Axe takes most of the time, so no question is asked twice. Every rule is asked at both widths. A mode changes how a page looks:
// there only those rules are asked that see it, about places where boxes have moved, and about colours where they are others
// than any page has had before in that mode, see inspect.
const colours = ['color-contrast', 'link-in-text-block'];
const places = ['target-size', 'scrollable-region-focusable', 'aria-hidden-focus'];

// A star stands for the number of the first that the page above it lists; "missing" is answered 404.
const open = ['/', '/policies', '/policies?q=%E8%AE%BE%E5%A4%87%E8%A1%A5%E8%B4%B4', '/policies?q=zzzzqqqq', '/policies?v=open&w=B01', '/policies/1', '/policies/1?measure=m2&base=100', '/interpretations', '/interpretations?kind=record',
  '/policies/1/onepage', '/policies/1/check?kind=enterprise', '/ask', '/questions', '/display', '/privacy', '/accessibility', '/login', '/console/login', '/policies/999999?missing'];
const own = ['/policies?t=Q01', '/policies/3', '/me', '/me/policies', '/me/policies?tab=possible', '/me/profile', '/me/topics', '/me/people', '/me/delete', '/questions', '/inbox', '/inbox?tab=answers'];
const office = ['/console', '/console/import', '/console/policies', '/console/policies/1', '/console/policies/1/audience',
  '/console/policies/1/measures/m1', '/console/policies/1/interpretations', '/console/policies/1/interpretations/*', '/console/policies/1/release', '/console/policies/1/messages',
  '/console/pushes', '/console/pushes/*',
  '/console/ledger', '/console/prints', '/console/prints/*', '/console/outbox', '/console/subscribers', '/console/subscribers/*', '/console/audit', '/console/statistics', '/console/rules',
  '/console/corrections', '/console/account', '/console/calendar', '/console/policies/999999?missing', '/console/questions', '/console/questions/*'];
const management = ['/console/operators', '/console/operators/*', '/console/operators/new', '/console/offices', '/console/offices/*', '/console/offices/new'];

// What answers GET and is no page.
const others = {
  '/healthz': 'for machines', '/readyz': 'for machines', '/robots.txt': 'for machines', '/static/*': 'styles, scripts, pictures',
  '/callback/sms/:secret/report': 'for gateways', '/callback/sms/:secret/reply': 'for gateways', '/callback/wechat': 'for gateways', '/sw.js': 'a script',
  '/policies.atom': 'a feed', '/policies/:id<int>/deadlines.ics': 'a calendar', '/policies/:id<int>/onepage.png': 'a picture', '/policies/:id<int>/onepage.pdf': 'a document', '/policies/:id<int>/card.png': 'a picture',
  '/console/prints/:id<int>/letters.pdf': 'a document', '/policies/:id<int>/ask': 'leads to the form on the page of the policy', '/login/choose': 'the page of /subscribe/existing, to sign in with', '/me/export': 'a file', '/console/statistics.csv': 'a file', '/inbox/events': 'a stream', '/console/pushes/:id<int>/events': 'a stream',
};

// routes are the addresses that web/routes.go answers to GET.
const source = fs.readFileSync('../../web/routes.go', 'utf8');
const groups = Object.fromEntries([...source.matchAll(/\b(\w+) := a\.Group\("([^"]+)"/g)].map(([, name, prefix]) => [name, prefix]));
const routes = [...source.matchAll(/\b(\w+)\.Get\("([^"]+)"/g)].map(([, group, route]) => (group === 'a' ? '' : groups[group]) + (route === '/' && group !== 'a' ? '' : route));
assert.equal(routes.length, source.split('.Get(').length - 1, 'a route of web/routes.go is not understood');
const pattern = route => new RegExp(`^${route.replace(/:\w+<int>/g, '\\d+').replace(/:\w+/g, '[^/]+')}$`);

let browser;
const seen = new Set(); // routes of the pages that were looked at
const looks = new Set(); // how texts have looked whose colours were asked about, on any page
before(async () => { browser = await launch(); });
after(() => browser?.close());

// enter opens a browser for somebody whose pages have their name.
const enter = async (who, options) => ({ who, ...await come(browser, options) });

// first finds what stands for the star of an address, and waits until it is there.
async function first(page, address) {
  const above = address.slice(0, -2);
  for (let tries = 0; tries < 200; tries++) {
    await page.goto(base + above);
    const links = await page.locator(`main a[href^="${above}/"]`).evaluateAll(all => all.map(a => a.getAttribute('href')));
    const found = links.find(l => /^\/\d+$/.test(l.slice(above.length)));
    if (found) return found;
    await new Promise(resolve => setTimeout(resolve, 100)); // between two looks
  }
  return address;
}

// walk opens pages and looks at them. The first page of a route is seen in every mode at both widths, another state of it once in
// each mode.
async function walk(person, addresses) {
  const { who, page, wrong } = person;
  for (let address of addresses) {
    if (address.endsWith('*')) address = await first(page, address);
    await page.setViewportSize({ width: 1280, height: 900 });
    const answer = await page.goto(base + address, { waitUntil: 'load' });
    const name = `${who}${address}`, policy = answer.headers()['content-security-policy'] ?? '', asked = new URL(address, base).pathname;
    if (answer.status() !== (address.endsWith('missing') ? 404 : 200)) { wrong.push(`${name}: answered ${answer.status()}`); continue; }
    if (new URL(page.url()).pathname !== asked) { wrong.push(`${name}: leads to ${page.url()}`); continue; }
    if (!policy.includes("default-src 'none'") || /unsafe|\*|https?:/.test(policy)) wrong.push(`${name}: the content security policy makes exceptions: ${policy}`);
    const route = routes.find(r => pattern(r).test(asked)) ?? asked, again = seen.has(route);
    seen.add(route);
    if (who === 'visitor') {
      const packed = await page.evaluate(() => [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')].reduce((n, e) => n + e.encodedBodySize, 0));
      if (packed > 40_000 || packed < 5_000) wrong.push(`${name}: ${packed} bytes packed, with styles and scripts`);
    }
    const text = await answer.text();
    for (const f of await page.evaluate(useless, text)) wrong.push(`${name} without scripts: ${f}`);
    await look(person, name, again, await sameInEveryMode(page, text));
  }
}

// pale runs in a page that is to be printed: the texts that white paper leaves without contrast. What lies behind a text is not
// printed unless its style insists.
function pale(contrast) {
  const { dataset } = document.documentElement, usual = dataset.contrast;
  dataset.contrast = contrast;
  const found = new Set(), texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let text; (text = texts.nextNode());) {
    const e = text.parentElement, style = getComputedStyle(e);
    if (!text.data.trim() || !e.checkVisibility({ visibilityProperty: true }) || style.printColorAdjust === 'exact' || e.closest('.vh')) continue;
    const [red, green, blue] = style.color.match(/[\d.]+/g).map(c => c / 255).map(c => c <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4);
    if (1.05 / (.2126 * red + .7152 * green + .0722 * blue + .05) < 4.5) found.add(`${text.data.trim().slice(0, 20)} (${style.color})`);
  }
  dataset.contrast = usual;
  return [...found];
}

// useless runs in a page: what of the document as it was sent cannot be used without scripts.
function useless(text) {
  const html = new DOMParser().parseFromString(text, 'text/html');
  const filled = f => [...f.elements].some(e => e.matches('input:enabled:not([type=hidden]), select:enabled, textarea:enabled'));
  const forms = [...html.forms].filter(f => filled(f) && ![...f.elements].some(e => e.type === 'submit' && !e.hidden)).map(f => `nothing sends the form ${f.getAttribute('action')}`);
  return forms.concat([...html.querySelectorAll('button[type=button]:not([hidden], [hidden] *)')].map(b => `${b.outerHTML} does nothing`));
}

// sameInEveryMode tells whether a page in another mode has the same document but for the two attributes that name the mode,
// the two links that switch it, and the tokens of its forms: then the attributes are all that has to be changed.
function sameInEveryMode(page, normal) {
  return page.evaluate(async normal => {
    const read = (text, ui, contrast) => {
      const html = new DOMParser().parseFromString(text, 'text/html');
      if (html.documentElement.dataset.ui !== ui || html.documentElement.dataset.contrast !== contrast) return text;
      for (const e of html.querySelectorAll('.modes, input[type=hidden]')) e.remove();
      return html.head.innerHTML + html.body.outerHTML;
    };
    const mode = (ui, contrast) => { document.cookie = `ui=${ui};path=/`; document.cookie = `contrast=${contrast};path=/`; };
    mode('elder', 'high');
    const odd = await (await fetch(location.href)).text();
    mode('std', 'std');
    return read(odd, 'elder', 'high') === read(normal, 'std', 'std');
  }, normal);
}

// look notes what is wrong with the page that is open, in the modes. Where the document depends on the mode it is asked for anew.
async function look({ page, wrong }, name, again = true, same = true) {
  let ready = false;
  for (const width of [1280, 390, 320]) {
    await page.setViewportSize({ width, height: 900 });
    if (!again && width !== 320) await keep(page, `page-${width}-${name}`);
    // Of another state: normal and high contrast at 1280, elder at 390.
    const inModes = Object.keys(modes).filter(m => !again || width === 320 || (m === 'elder') === (width === 390));
    for (const some of same ? [inModes] : inModes.map(m => [m])) {
      if (!same) {
        await page.evaluate(([ui, contrast]) => { document.cookie = `ui=${ui};path=/`; document.cookie = `contrast=${contrast};path=/`; }, modes[some[0]]);
        await page.reload({ waitUntil: 'load' });
      }
      if (!ready || !same) await page.evaluate(axe); // as it is, so that the browser compiles it once
      ready = true;
      for (const f of await ask(page, { width, modes, some, places })) wrong.push(`${name} at ${width}: ${f}`);
    }
  }
  if (!same) await page.evaluate(() => { for (const name of ['ui', 'contrast']) document.cookie = `${name}=std;path=/`; });
}

// ask returns what inspect finds, and keeps which colours it has asked about.
async function ask(page, what) {
  const { found, others } = await page.evaluate(inspect, { ...what, tags, colours, looks: [...looks] });
  for (const look of others) looks.add(look);
  return found;
}

// inspect runs in a page: what is wrong with it in some modes, as wide as it is. It says which looks of texts are others than
// those that are known. In the first mode it is asked about the page as a whole, and so about the colours of every text.
async function inspect({ width, modes, some, tags, colours, places, looks }) {
  const found = [], { dataset } = document.documentElement;
  const had = new Set(looks), others = [];

  // unlike returns the elements with a text that looks like none before in this mode: its colours, its size, all that lies behind it. What
  // is placed by itself may lie over anything else, so that it is another at each width.
  const unlike = () => {
    const behind = new Map([[null, '']]), all = [];
    for (const e of document.documentElement.querySelectorAll('*')) {
      const style = getComputedStyle(e), alone = /absolute|fixed|sticky/.test(style.position) ? `@${width}` : '';
      const under = `${behind.get(e.parentElement) ?? ''}${alone}${style.backgroundColor === 'rgba(0, 0, 0, 0)' && style.backgroundImage === 'none' ? '' : `;${style.background}`}${style.opacity === '1' ? '' : style.opacity}`;
      behind.set(e, under);
      if (!e.checkVisibility() || !/^(INPUT|SELECT|TEXTAREA)$/.test(e.tagName) && ![...e.childNodes].some(n => n.nodeType === Node.TEXT_NODE && n.data.trim())) continue;
      const beside = e.tagName === 'A' ? getComputedStyle(e.parentElement).color : ''; // a link is told from the words around it
      const look = [dataset.ui, dataset.contrast, e.tagName, style.color, style.fontSize, style.fontWeight, style.textDecorationLine, style.textShadow, beside, under].join('|');
      if (!had.has(look)) { had.add(look); others.push(look); all.push(e); }
    }
    return all;
  };

  let normal;
  for (const mode of some) {
    [dataset.ui, dataset.contrast] = modes[mode];
    for (const put of document.querySelectorAll('.later')) put.classList.remove('later'); // what is put off would hide how wide it is
    const wide = document.documentElement.scrollWidth - innerWidth;
    if (wide > 0) found.push(`${mode}: ${wide} px wider than the window`);
    const torn = [...document.querySelectorAll('bdi.nowrap')].filter(e => /flex|grid/.test(getComputedStyle(e.parentElement).display));
    if (torn.length) found.push(`${mode}: numbers laid out apart from their words: ${torn.slice(0, 5).map(e => e.parentElement.outerHTML.slice(0, 120)).join(' | ')}`);
    const sizes = new Set([...document.querySelectorAll('.card > h2:not(.vh)')].filter(e => e.checkVisibility() && !e.closest('.empty')).map(e => getComputedStyle(e).fontSize));
    if (sizes.size > 1) found.push(`${mode}: headings of cards in ${[...sizes].join(', ')}`);
    // What is pressed or typed in is 60 points high for the elder. A box to be ticked is as large as its words.
    if (dataset.ui === 'elder') {
      const small = [...document.querySelectorAll('button:not(.vh), summary, select, textarea, .btn, input:not([type=hidden])')].map(e => /checkbox|radio/.test(e.type) ? e.closest('label') ?? e.labels?.[0] ?? e : e)
        .filter(e => e.checkVisibility({ visibilityProperty: true }) && e.getBoundingClientRect().height < 59.5);
      if (small.length) found.push(`${mode}: ${small.length} lower than 60: ${small.slice(0, 5).map(e => `${e.outerHTML.slice(0, 70)} ${Math.round(e.getBoundingClientRect().height)}`).join(' | ')}`);
    }
    // Large letters are no help in a column that holds four of them.
    if (dataset.ui !== 'std') {
      const narrow = [...document.querySelectorAll('body *')].filter(e => {
        const said = [...e.childNodes].filter(n => n.nodeType === Node.TEXT_NODE).map(n => n.data.trim()).join('');
        if (said.length < 10 || e.closest('svg, option, .vh, .scroll, .icbtn, .crumb.cut') || !e.checkVisibility()) return false;
        const style = getComputedStyle(e), box = style.display.startsWith('inline') ? e.parentElement : e, { paddingLeft, paddingRight } = getComputedStyle(box);
        return (box.clientWidth - parseFloat(paddingLeft) - parseFloat(paddingRight)) / parseFloat(style.fontSize) < 5 && box.clientWidth > 0;
      });
      if (narrow.length) found.push(`${mode}: no room for five letters: ${narrow.slice(0, 5).map(e => `${e.parentElement.className} ${e.textContent.trim().slice(0, 20)}`).join(' | ')}`);
    }
    if (width === 320) continue;
    const boxes = [...document.body.querySelectorAll('*')].map(e => Object.values(e.getBoundingClientRect().toJSON()).map(Math.round).join()).join(' ');
    const same = boxes === normal && mode !== 'normal';
    if (mode === 'normal') normal = boxes;
    const asked = []; // what of, and which rules
    const strange = unlike(), first = !window.asked;
    window.asked = true;
    if (first) asked.push([document, tags]);
    else if (mode === 'normal') asked.push([document, { tags, but: colours }]);
    else if (!same) asked.push([document, places]);
    if (!first && strange.length) asked.push([{ include: strange }, colours]);
    for (const [what, rules] of asked) {
      const options = rules.but ? { runOnly: rules.tags, rules: Object.fromEntries(rules.but.map(r => [r, { enabled: false }])) } : { runOnly: rules };
      const { violations } = await window.axe.run(what, { ...options, resultTypes: ['violations'], preload: false });
      for (const v of violations) found.push(`${mode}: ${v.id}: ${v.nodes.slice(0, 3).map(n => `${n.target} ${n.failureSummary}`).join(' | ').slice(0, 400)}`);
    }
  }
  [dataset.ui, dataset.contrast] = modes.normal;
  return { found, others };
}

// keep makes a picture of the page, of a very long one its beginning.
async function keep(page, name) {
  const file = decodeURIComponent(name).replace(/[^\p{L}\p{N}]+/gu, '-').replace(/-$/, '').slice(0, 90) + '.jpg';
  const { width, height } = await page.evaluate(() => {
    for (const put of document.querySelectorAll('.later')) put.classList.remove('later'); // a picture shows what is put off, too
    return { width: innerWidth, height: Math.min(document.documentElement.scrollHeight, 8000) };
  });
  await picture(page, file, { fullPage: true, clip: { x: 0, y: 0, width, height }, type: 'jpeg', quality: 60, animations: 'allow', caret: 'initial' });
}

// extremes are charts as they come: names of forty letters, as many rows as there may be and one, nothing, huge numbers, thirds.
const long = '关于进一步支持中小微企业设备更新和数字化改造若干措施适用范围说明之第一部分续', huge = '9999999999999';
const times = (n, row) => Array.from({ length: n }, (_, i) => row(i));
const extremes = [
  { form: 'rank', unit: '平方米每人每月（含税）', rows: times(12, i => ({ label: long + i, value: i ? i % 2 ? huge : '0.0001' : '0' })) },
  { form: 'rank', unit: '元', rows: [{ label: '甲', value: '0' }] },
  { form: 'compare', unit: '元', before: '2019年版若干措施规定的补助标准和最高限额', after: '2026年版若干措施规定的补助标准和最高限额', rows: times(12, i => ({ label: long + i, value: i ? huge : '0', before: i % 2 ? huge : '0' })) },
  { form: 'share', unit: '%', rows: times(3, i => ({ label: long + i, value: '33.3' })) },
  { form: 'share', unit: '元', rows: [{ label: long, value: huge }] },
  { form: 'share', unit: '元', rows: times(6, i => ({ label: long + i, value: i ? '1' : huge })) },
  { form: 'line', unit: '元', rows: times(12, i => ({ label: long + i, value: i % 2 ? huge : '0' })) },
  { form: 'timeline', rows: times(12, i => ({ label: long + i, note: long.repeat(7), date: `2026-12-${i + 10}` })) },
  { form: 'flow', rows: times(12, i => ({ label: long + i, note: 'https://example.cn/' + 'a'.repeat(200) })) },
];

// draw writes these charts about a policy. What cannot be drawn is refused: the form of that stays open.
async function draw(page, policy) {
  await page.goto(`${base}${policy}/interpretations/new?kind=chart`);
  const token = await page.locator('#item input[name=_csrf]').inputValue(), clause = await page.locator('#clause option').nth(1).getAttribute('value');
  for (const { rows, ...chart } of extremes) {
    const form = { _csrf: token, kind: 'chart', title: long, clause, do: 'save', ...chart };
    rows.forEach((row, i) => { for (const [field, value] of Object.entries(row)) form[field + i] = value; });
    const answer = await page.request.post(`${base}${policy}/interpretations`, { form, maxRedirects: 0, headers: { origin: base } });
    assert.equal(answer.status(), 303, `${chart.form}: ${(await answer.text()).match(/class="note cin problems"[^]*?<\/ul>/)?.[0]}`);
  }
  await page.locator('#title').fill(long);
  for (const [i, value] of ['-5', '三百', '1亿'].entries()) await page.locator(`[name=value${i}]`).fill(value);
  await page.locator('#unit').fill('万元');
  await page.locator('#form').selectOption('rank');
  await send(page, '#item button[value=save]');
  assert.equal(await page.locator('#item [aria-invalid]').count(), 7, 'not each field says what is wrong with it');
}

const few = ['/', '/policies', '/policies/1', '/policies/1/onepage', '/subscribe?kind=enterprise', '/interpretations'];

// Three at a time, for two cores: who waits for an answer of the service leaves the other two to work.
describe('pages', { concurrency: 3, timeout: 1_200_000 }, () => {
  // The batch of letters, for which one officer waits. Once another has printed it the list does not show it any more.
  let tell;
  const letters = new Promise(resolve => { tell = resolve; });

  test('of an officer', async () => {
    const person = await enter('officer'), { page } = person;
    await signInStaff(page, 'demo-drafter');
    // Somebody has been entered since who is told on paper.
    await page.goto(base + '/console/policies/4/release');
    await send(page, 'form[action$="/supplement"] button');
    const batch = await first(page, '/console/prints/*');
    tell(batch);
    await walk(person, office.map(address => address === '/console/prints/*' ? batch : address));
    await person.leave();
  });

  test('of an officer, who prints a batch of letters and corrects a slip', async () => {
    const person = await enter('paper'), { page } = person;
    await signInStaff(page, 'demo-drafter');
    const batch = await letters;
    for (let tries = 0; (await page.request.get(`${base}${batch}/letters.pdf`)).headers()['content-type'] !== 'application/pdf'; tries++) {
      assert.ok(tries < 600, 'the letters are not drawn');
      await new Promise(resolve => setTimeout(resolve, 100)); // between two looks
    }
    await page.goto(base + batch);
    await send(page, 'button[value=printed]');
    await page.goto(base + batch);
    await page.locator('select[name=r1]').selectOption('delivered');
    await look(person, 'paper/console/prints slips');
    await page.setViewportSize({ width: 1280, height: 900 });
    await send(page, 'button[value=slips]');
    // Once at each width: opened, looked at, used.
    for (const [width, result, says] of [[1280, 'moved', '已搬走'], [390, 'delivered', '已送达']]) {
      await page.setViewportSize({ width, height: 900 });
      await page.goto(base + batch);
      await page.locator('.slips summary').first().click();
      await look(person, `paper/console/prints correction ${width}`, width === 390);
      await page.setViewportSize({ width, height: 900 });
      await page.locator('select[name=r1]').selectOption(result);
      await send(page, 'button[value=correct-1]');
      await page.getByText('更正').first().waitFor({ state: 'attached' });
      await page.goto(base + batch);
      await page.locator('.slips .tag').filter({ hasText: says }).waitFor();
    }
    await person.leave();
  });

  test('of an officer with a draft', async () => {
    const person = await enter('draft'), { page } = person;
    await signInStaff(page, 'demo-drafter');
    await page.goto(base + '/console/import');
    await page.getByLabel('选择文件').setInputFiles(['testdata/canyin.docx', 'testdata/shebei.txt']);
    await send(page, 'button:has-text("导入并识别")');
    const policy = await page.locator('main .results a').first().getAttribute('href');
    await look(person, 'draft/console/import results');
    await draw(page, policy);
    await look(person, 'draft/console/policies/interpretations refused');
    await page.goto(base + policy.replace('/console', ''));
    assert.equal(await page.locator('.viz').count(), extremes.length, 'a chart is not drawn');
    await look(person, 'draft/policies with extreme charts');
    await walk(person, ['', '/audience', '/fields', '/measures', '/measures/m1', '/interpretations', '/interpretations/new?kind=chart',
      ...['qa', 'case', 'comparison', 'onepage', 'record'].map(kind => `/interpretations/new?kind=${kind}`), '/release'].map(step => policy + step));
    await person.leave();
  });

  test('of a visitor, who checks the conditions of a policy and asks about it', async () => {
    const person = await enter('visitor'), { page } = person;
    await page.goto(base + '/policies/1/check?kind=enterprise');
    await page.locator('select[name=region]').selectOption('339901103');
    await send(page, '.one-q .pri');
    await look(person, 'visitor/policies/1/check next');
    while (await page.locator('input[name=at]').count()) await send(page, 'button[value=skip]');
    await look(person, 'visitor/policies/1/check result');
    await page.goto(base + '/ask?policy=1');
    await page.locator('#question').fill('租来的设备能不能申请补贴？');
    await send(page);
    await look(person, 'visitor/policies/1/ask similar');
    await page.getByRole('button', { name: '不登录，直接提交' }).click();
    await page.getByText('问题已提交').first().waitFor();
    await walk(person, [page.url().slice(base.length).replace(/#.*/, ''), ...open]);
    await person.leave();
  });

  test('of somebody who subscribes a second company with the telephone of the first', async () => {
    const person = await enter('newcomer'), { page } = person;
    await walk(person, ['/subscribe', '/subscribe?kind=resident', '/subscribe?kind=enterprise']);
    await page.getByLabel('企业名称').fill('云川沙渡第九饭店');
    await page.getByLabel('经营所在地').selectOption('339901103');
    await page.getByLabel('行业').selectOption('H62');
    await page.getByLabel('企业规模').selectOption('micro');
    await send(page);
    await walk(person, ['/subscribe/topics']);
    await page.getByLabel('所有可能适用我的政策').check();
    await send(page);
    await walk(person, ['/subscribe/channels']);
    await send(page); // nothing is filled in
    await look(person, 'newcomer/subscribe/channels refused');
    for (const [box, name, value] of [['sms', 'phone', '19900000001'], ['email', 'address', 'jiu@shadu.example']]) {
      await page.locator(`input[name=${box}]`).check();
      await page.locator(`input[name=${name}]`).fill(value);
    }
    await page.getByLabel('我已阅读并同意').check();
    await send(page);
    await walk(person, ['/subscribe/verify']);
    for (const [kind, to] of [['email', 'j...@shadu'], ['sms', '199.*0001']]) {
      await page.locator(`#code-${kind}`).fill(await received(kind, new RegExp(`"to":"${to}.*?${code.source}`)));
      await send(page, `#f-code-${kind} button[value=check]`);
    }
    await walk(person, ['/subscribe/existing']);
    await send(page);
    await walk(person, ['/subscribe/done', '/inbox/*']); // what is in force comes as the first message
    await walk(person, [new URL(await received('email', /(https?:[^"\\\s<>]*\/u\/[^"\\\s<>]+)/)).pathname]);
    await person.leave();
  });

  test('of a subscriber, who signs in by mail', async () => {
    const person = await enter('reader'), { page } = person;
    await page.goto(base + '/login');
    await page.locator('input[name=address]').fill('hengda@yunchuan.example');
    await send(page);
    await walk(person, ['/login/code']);
    await page.locator('input[name=code]').fill(await received('email', new RegExp(`"to":"h...@yunchuan.*?(?:${code.source})`)));
    await send(page);
    await walk(person, own);
    await page.goto(base + '/me');
    await page.getByText('添加我的手机号或邮箱', { exact: true }).click();
    await page.locator('form[action="/me/contacts"] input[name=address]').fill('cai@yunchuan.example');
    await send(page, 'form[action="/me/contacts"] button[type=submit]');
    await walk(person, ['/me/contacts/verify']);
    await person.leave();
  });

  test('of an administrator', async () => {
    const person = await enter('admin'), { page } = person;
    await signInStaff(page, 'demo-admin');
    await walk(person, management);
    await person.leave();
  });

  test('extra-large letters, print and less motion', async () => {
    const person = await enter('few', {}), { page, wrong } = person;
    for (const address of few) {
      await page.goto(base + address);
      await page.evaluate(axe);
      const motion = () => page.evaluate(() => [document.documentElement, ...document.querySelectorAll('.btn')].some(e => getComputedStyle(e).scrollBehavior === 'smooth' || getComputedStyle(e).transitionDuration !== '0s'));
      assert.ok(await motion(), `${address}: nothing moves for anybody, so less motion is not seen`);
      await page.emulateMedia({ reducedMotion: 'reduce' });
      if (await motion() || await page.evaluate(() => document.getAnimations().length)) wrong.push(`${address}: moves though its reader wants less motion`);
      for (const width of [1280, 390, 320]) {
        await page.setViewportSize({ width, height: 900 });
        for (const f of await ask(page, { width, modes: { max: ['max', 'std'], normal: modes.normal }, some: ['max'], places })) wrong.push(`${address} at ${width}: ${f}`);
      }
      await page.emulateMedia({ media: 'print', reducedMotion: 'no-preference' });
      await page.setViewportSize({ width: 794, height: 1123 }); // A4
      for (const f of await ask(page, { width: 794, modes: { print: modes.normal, 'print, high contrast': modes.contrast, normal: modes.normal }, some: ['print', 'print, high contrast'], places: colours })) wrong.push(`${address}: ${f}`);
      const shown = await page.evaluate(() => ['.head', '.foot ul', '.dock', '.modes', '.skip', '[data-print]', '.find', '.facets', '.sort', '.pager', '.tabs', '.services'].filter(s => document.querySelector(s)?.checkVisibility()));
      if (shown.length) wrong.push(`${address}: prints ${shown}, which nobody can press on paper`);
      for (const contrast of ['std', 'high']) {
        for (const f of await page.evaluate(pale, contrast)) wrong.push(`${address}, contrast ${contrast}: is pale on paper, where nothing lies behind it: ${f}`);
      }
      const closed = await page.evaluate(() => [...document.querySelectorAll('.qa .a, .words p')].filter(e => !e.checkVisibility()).length);
      if (closed) wrong.push(`${address}: ${closed} answers are not printed, for nobody opened them`);
      await keep(page, `print ${address}`);
      await page.emulateMedia({ media: 'screen' });
    }
    await page.emulateMedia({ media: null });
    for (const address of [1, 3, 4, 5].map(n => `/policies/${n}/onepage`)) { // one sheet of A4 each
      await page.goto(base + address);
      const sheets = (await page.pdf({ preferCSSPageSize: true })).toString('latin1').split('/Type /Page\n').length - 1;
      if (sheets !== 1) wrong.push(`${address}: is printed on ${sheets} sheets`);
    }
    await person.leave();
  });

  test('titles fill the lines of a phone, and a sum or a day stays on one', async () => {
    const person = await enter('titles', {}), { page, wrong } = person;
    const linesOf = selector => page.locator(selector).evaluateAll(all => all.map(e => {
      const range = document.createRange(), lines = new Map();
      range.selectNodeContents(e);
      for (const r of range.getClientRects()) {
        const [left, right] = lines.get(Math.round(r.top)) ?? [r.left, r.right];
        lines.set(Math.round(r.top), [Math.min(left, r.left), Math.max(right, r.right)]);
      }
      return { text: e.textContent, wide: [...lines.values()].map(([left, right]) => right - left) };
    }));
    for (const ui of ['std', 'elder']) {
      await person.context.addCookies([{ name: 'ui', value: ui, url: base }]);
      for (const address of [1, 3, 4, 5].flatMap(n => [`/policies/${n}`, `/policies/${n}/onepage`])) {
        await page.goto(base + address);
        for (const width of [320, 390]) {
          await page.setViewportSize({ width, height: 900 });
          const [{ wide }] = await linesOf('h1');
          if (wide.slice(0, -1).some(w => w < .6 * Math.max(...wide))) wrong.push(`${address} at ${width}, ${ui}: the lines of the title are ${wide.map(Math.round)} wide`);
          for (const number of await linesOf('.op-hero b')) if (number.wide.length > 1) wrong.push(`${address} at ${width}, ${ui}: ${number.text} stands on ${number.wide.length} lines`);
        }
      }
    }
    await person.leave();
  });

  test('nothing moves while a page loads over a slow line', async () => {
    const moved = [];
    for (const address of new Set([...few, ...open])) {
      for (const width of few.slice(0, 3).includes(address) ? [390, 1280] : [390]) {
        const { context, page } = await come(browser, { viewport: { width, height: 844 } });
        await slow(context, page);
        await page.goto(base + address, { waitUntil: 'load' });
        // After a box is put above everything: that is seen, so what moved before would have been.
        const [before, after, by] = await page.evaluate(async () => {
          let sum = 0;
          const by = [];
          const add = entries => { for (const e of entries) { sum += e.value; by.push(...e.sources.map(x => `${x.node?.outerHTML?.slice(0, 80)} from ${JSON.stringify(x.previousRect)} to ${JSON.stringify(x.currentRect)}`)); } };
          const watch = new PerformanceObserver(list => add(list.getEntries()));
          watch.observe({ type: 'layout-shift', buffered: true });
          const frames = async () => { for (let n = 0; n < 20; n++) await new Promise(requestAnimationFrame); add(watch.takeRecords()); };
          await frames();
          const before = sum, moved = by.slice();
          const box = document.createElement('div');
          box.style.height = '200px';
          document.body.prepend(box);
          await frames();
          return [before, sum, moved];
        });
        assert.ok(after > before, `${address} at ${width}: a shift is not seen`);
        if (before > 0) moved.push(`${address} at ${width}: ${before}, ${by.join('; ')}`);
        await context.close();
      }
    }
    assert.deepEqual(moved, []);
  });
});

test('no page is left out', () => {
  assert.deepEqual(routes.filter(r => !(r in others) && !seen.has(r)), [], 'nobody looked at these');
  assert.deepEqual(Object.keys(others).filter(r => !routes.includes(r)), [], 'exceptions that are no routes');
});
