// Lighthouse on home, library and a policy: accessibility, best practices and SEO must be perfect, performance is measured, and
// everything is written to the file E2E_PAGES. Figures by the clock depend on what else the machine does, so make test does not
// ask for them; make lighthouse does. TestLighthouse starts the service with the demonstration county and runs this file.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import { after, before, test } from 'node:test';
import lighthouse from 'lighthouse';
import { base, launch, slow } from '../../e2e/chromium.mjs';

const pages = { '首页': '/', '政策库': '/policies', '政策页': '/policies/1' };
const sound = ['accessibility', 'best-practices', 'seo'];
const report = process.env.E2E_PAGES;

let browser, port;
before(async () => {
  const probe = net.createServer().listen(0, '127.0.0.1');
  await new Promise(resolve => probe.once('listening', resolve));
  port = probe.address().port;
  await new Promise(resolve => probe.close(resolve));
  browser = await launch([`--remote-debugging-port=${port}`]);
});
after(() => browser?.close());

// ask runs Lighthouse as a phone on "slow 4G" with a quarter of the processor, which it computes from an unhindered run. Where the
// browser had too much to do to record the page, Lighthouse says to run it again: the third such answer is an error.
async function ask(address, onlyCategories) {
  for (let tries = 1; ; tries++) {
    const { lhr } = await lighthouse(base + address, { port, onlyCategories, logLevel: 'error', output: 'json' });
    if (!lhr.runtimeError) return lhr;
    assert.ok(tries < 3, `${address}: ${lhr.runtimeError.message}`);
  }
}

const median = numbers => [...numbers].sort((a, b) => a - b)[numbers.length >> 1];
const percent = (lhr, category) => Math.round(lhr.categories[category].score * 100);

test('pages are accessible, of good practice and found', { timeout: 300_000 }, async () => {
  const missed = [], rows = [];
  for (const [name, address] of Object.entries(pages)) {
    const lhr = await ask(address, sound);
    for (const category of sound) {
      const faults = lhr.categories[category].auditRefs.filter(a => a.weight > 0 && (lhr.audits[a.id].score ?? 1) < 1);
      if (percent(lhr, category) < 100) missed.push(`${address}: ${category} ${percent(lhr, category)}: ${faults.map(a => lhr.audits[a.id].title)}`);
    }
    rows.push(await measure(name, address, lhr));
  }
  write(rows);
  assert.deepEqual(missed, []);
});

// measure runs Lighthouse's performance and opens the page over a slow line, five times each.
async function measure(name, address, lhr) {
  const runs = [], paints = [];
  for (let n = 0; n < 5; n++) {
    runs.push(await ask(address, ['performance']));
    const context = await browser.newContext({ viewport: { width: 412, height: 823 } });
    const page = await context.newPage();
    await slow(context, page);
    await page.goto(base + address, { waitUntil: 'load' });
    paints.push(await page.evaluate(async () => {
      for (;;) {
        const [paint] = performance.getEntriesByName('first-contentful-paint');
        if (paint) return paint.startTime;
        await new Promise(requestAnimationFrame);
      }
    }));
    await context.close();
  }
  const of = audit => median(runs.map(r => r.audits[audit].numericValue));
  return [name, [median(runs.map(r => percent(r, 'performance'))), ...sound.map(c => percent(lhr, c))].join(' / '), `${(of('total-byte-weight') / 1000).toFixed(1)} kB`,
    ...['first-contentful-paint', 'largest-contentful-paint', 'total-blocking-time'].map(a => `${Math.round(of(a))} ms`), String(of('cumulative-layout-shift')), `${Math.round(median(paints))} ms`];
}

function write(rows) {
  const version = JSON.parse(fs.readFileSync(new URL('node_modules/lighthouse/package.json', import.meta.url), 'utf8')).version;
  fs.writeFileSync(report, `# Pages in a browser

Written by \`make lighthouse\`; do not edit by hand. The service with its demonstration county and the browser share one machine.
Lighthouse ${version} (its default: a phone, "slow 4G" and a quarter of the processor, computed from an unhindered run) and five loads over a
line of 1.6 Mbit/s and 150 ms with a quarter of the processor, as the browser's own throttling does it; medians of five.
A machine that is busy makes the times longer, see its load.

- ${new Date().toISOString().slice(0, 16).replace('T', ' ')} UTC, ${browser.version()}, Node ${process.version}
- ${os.cpus()[0].model}, ${os.cpus().length} cores, load ${os.loadavg()[0].toFixed(2)}

| Page | Performance / accessibility / best practices / SEO (goal ≥ 98 / 100 / 100 / 100) | Everything it loads, packed (≤ 40 kB) | First paint, computed (≤ 1.5 s) | Largest paint, computed | Blocked | Layout shift (0) | First paint over the slow line (≤ 1.5 s) |
| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
${rows.map(r => `| ${r.join(' | ')} |`).join('\n')}
`);
}
