// The pages in a real Chromium, by keyboard alone; run by browser.rs with a demo city.
//
// Everything that is wrong is collected and said at the end. WEB_SHOTS names a folder for pictures
// of each page, to be looked at.

import { randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const { WEB_URL: base, WEB_LOGINS, WEB_MODULES, WEB_CHROMIUM, WEB_SHOTS } = process.env;
const require = createRequire(join(WEB_MODULES, 'x.js'));
const { chromium } = require('playwright-core');
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const logins = Object.fromEntries(JSON.parse(readFileSync(WEB_LOGINS)).map((l) => [l.name, l]));

const PAGE_BYTES_MAX = 50_000;
const wrong = [];
const check = (fine, what) => { if (!fine) wrong.push(what); };
const count = { pages: 0, stops: 0, bytes: 0 };

// Documents that would like to run, and texts that would like to be markup.
const LOUD = "document.title='GEHACKT';window.gehackt=1;fetch('https://evil.example/');alert(1)";
const BETREFF = `<script>${LOUD}</script>"><img src=x onerror="${LOUD.replaceAll('"', "'")}">`;

async function rest(key, method, path, body, headers = {}) {
  const answer = await fetch(`${base}/api/v1${path}`, {
    method, body, headers: { Authorization: `Bearer ${key}`, ...headers },
  });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

const json = (key, path, body) => rest(key, 'POST', path, JSON.stringify(body), {
  'Content-Type': 'application/json', 'Idempotency-Key': randomUUID(),
});

async function push(key, metadata, bytes, name) {
  const form = new FormData();
  form.append('metadaten', new Blob([JSON.stringify(metadata)], { type: 'application/json' }));
  form.append('inhalt', new Blob([bytes]), name);
  return rest(key, 'POST', '/dokumente', form, { 'Idempotency-Key': randomUUID() });
}

const options = [
  '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync',
];
const browser = await chromium.launch({ executablePath: WEB_CHROMIUM, args: options });

// A window in which nothing may run, and nothing may be asked of anybody else.
async function window_() {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  page.on('dialog', (d) => { wrong.push(`${page.url()}: a dialog: ${d.message()}`); d.dismiss(); });
  page.on('request', (r) => {
    check(r.url().startsWith(base), `${page.url()}: asks ${r.url()}`);
    check(r.resourceType() !== 'script', `${page.url()}: a script ${r.url()}`);
  });
  page.on('console', (m) => {
    // A refusal shown as a page is told by its status; nothing else may be said.
    if (!m.text().startsWith('Failed to load resource: the server responded')) {
      wrong.push(`${page.url()}: ${m.type()} ${m.text()}`);
    }
  });
  page.on('pageerror', (e) => wrong.push(`${page.url()}: ${e}`));
  page.on('response', async (r) => {
    if (r.request().resourceType() === 'document' && r.status() < 300) {
      const bytes = Number(r.headers()['content-length'] ?? 0);
      count.bytes = Math.max(count.bytes, bytes);
      check(bytes < PAGE_BYTES_MAX, `${r.url()}: ${bytes} bytes`);
    }
  });
  return page;
}

// What has the focus.
const focused = (page) => page.evaluate(() => {
  const e = document.activeElement;
  const style = getComputedStyle(e);
  const box = e.getBoundingClientRect();
  return {
    tag: e.tagName.toLowerCase(), id: e.id, text: (e.innerText ?? '').trim().slice(0, 200),
    href: e.getAttribute('href') ?? '', type: e.getAttribute('type') ?? '',
    main: Boolean(e.closest('main')),
    seen: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2
      && box.width > 1 && box.height > 1,
  };
});

// Goes on by Tab until `fits`.
async function tabTo(page, what, fits) {
  for (let i = 0; i < 150; i += 1) {
    await page.keyboard.press('Tab');
    const at = await focused(page);
    count.stops += 1;
    if (at.tag !== 'body' && !at.seen) wrong.push(`${page.url()}: focus is not seen: ${JSON.stringify(at)}`);
    if (fits(at)) return at;
  }
  throw new Error(`${page.url()}: no Tab leads to ${what}`);
}

// Presses Enter on what has the focus, and waits for the page it leads to.
async function enter(page, url) {
  await Promise.all([page.waitForURL(url), page.keyboard.press('Enter')]);
  await page.waitForLoadState('load');
}

async function looked(page, name) {
  count.pages += 1;
  await page.evaluate(axe);
  const found = await page.evaluate(() => window.axe.run(document, {
    runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'],
  }));
  for (const v of found.violations) {
    wrong.push(`${name}: axe ${v.id}: ${v.help}: ${v.nodes.map((n) => n.html).slice(0, 3).join(' ')}`);
  }
  check(await page.evaluate(() => window.gehackt === undefined && document.title !== 'GEHACKT'),
    `${name}: a document has run script`);
  check((await page.title()).endsWith('Aktenlauf'), `${name}: title ${await page.title()}`);
  // 320 CSS pixels: 1280 at 400 % (WCAG 1.4.10). Tables may scroll for themselves.
  await page.setViewportSize({ width: 320, height: 900 });
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  check(wide <= 320, `${name}: scrolls sideways at 320 px: ${wide}`);
  if (WEB_SHOTS) await page.screenshot({ path: join(WEB_SHOTS, `${name}-320.png`), fullPage: true });
  await page.setViewportSize({ width: 1280, height: 900 });
  if (WEB_SHOTS) await page.screenshot({ path: join(WEB_SHOTS, `${name}.png`), fullPage: true });
}

async function visit(page, path, name, status = 200) {
  const answer = await page.goto(base + path);
  check(answer.status() === status, `${name}: ${path}: ${answer.status()}`);
  await looked(page, name);
}

async function signOn(page, login, to) {
  await tabTo(page, 'the name', (at) => at.id === 'name');
  await page.keyboard.type(login.name);
  await page.keyboard.press('Tab');
  await page.keyboard.type(login.password);
  await enter(page, to);
}

// Everything a clerk does, without a mouse.
async function journey(page, akte) {
  await page.goto(`${base}/suche?q=Bauantrag`);
  await looked(page, 'anmelden');
  await signOn(page, { ...logins['b.kessler'], password: 'falsch' }, /anmelden/);
  await page.waitForSelector('#fehler');
  await looked(page, 'anmelden-falsch');
  await signOn(page, { name: '', password: logins['b.kessler'].password }, /\/suche\?q=/);
  check(page.url().endsWith('/suche?q=Bauantrag'), `the sign-on leads to ${page.url()}`);
  await looked(page, 'suche-treffer');
  await page.keyboard.press('Tab');
  check((await focused(page)).href === '#inhalt', 'the first stop leads to the content');
  await page.keyboard.press('Enter');
  check((await tabTo(page, 'the content', () => true)).main, 'the jump to the content jumps');
  await tabTo(page, 'a hit', (at) => at.href.startsWith('/dokumente/'));
  await enter(page, /dokumente/);
  await tabTo(page, 'the log', (at) => at.tag === 'summary');
  await page.keyboard.press('Enter');
  check(await page.locator('.log details[open] table').count() === 1, 'the entry opens');
  await looked(page, 'dokument');
  await tabTo(page, 'the way to the Posteingang', (at) => at.href === '/posteingang');
  await enter(page, /posteingang/);
  await looked(page, 'posteingang');
  const first = await tabTo(page, 'a letter', (at) => at.href.endsWith('/ablage'));
  await enter(page, /ablage/);
  await tabTo(page, 'the Aktenzeichen', (at) => at.id === 'aktenzeichen');
  await page.keyboard.type('99.99-9');
  await enter(page, /ablage/);
  await page.waitForSelector('#fehler');
  await looked(page, 'ablage-fehler');
  await tabTo(page, 'the Aktenzeichen', (at) => at.id === 'aktenzeichen');
  await page.keyboard.press('Control+A');
  await page.keyboard.type(akte.aktenzeichen);
  await tabTo(page, 'the Vorgänge', (at) => at.text === 'Akte und Vorgänge zeigen');
  await enter(page, /ablage\?/);
  await looked(page, 'ablage');
  await tabTo(page, 'the Vorgang', (at) => at.type === 'radio');
  await page.keyboard.press('ArrowDown');
  await tabTo(page, 'to file', (at) => at.text === 'Ablegen' && at.tag === 'button');
  await enter(page, /meldung=abgelegt/);
  check(await page.locator('[role=status]').innerText() !== '', 'it is said that it is filed');
  await looked(page, 'posteingang-abgelegt');
  await tabTo(page, 'the filed document', (at) => at.text === 'Zum Dokument');
  await enter(page, new RegExp(`${first.href.replace('/ablage', '')}$`));
  check(await page.locator('.weg a').count() === 2, 'it lies in Akte and Vorgang');
}

async function everyPage(page, akte, vorgang, hostile) {
  await visit(page, '/', 'start');
  await visit(page, '/suche', 'suche');
  await visit(page, '/suche?q=&von=2020-01-01&ordnung=datum', 'suche-alle');
  await visit(page, '/suche?von=2020-13-99', 'suche-fehler', 400);
  await visit(page, '/suche?q=Zwischenruf', 'suche-feindlich');
  check(await page.locator('mark').count() > 0, 'a hit is marked');
  await visit(page, '/akten', 'akten');
  await visit(page, `/akten/${akte.id}`, 'akte');
  await visit(page, `/akten/${akte.id}/vorgaenge`, 'vorgaenge');
  await visit(page, `/vorgaenge/${vorgang}`, 'vorgang');
  await visit(page, `/protokoll/${akte.id}`, 'protokoll');
  await visit(page, '/protokoll?betrifft=x', 'protokoll-suche');
  await visit(page, '/aktenplan', 'aktenplan');
  await visit(page, '/aktenplan/52', 'planeinheit');
  await visit(page, `/aktenplan/${akte.planeinheit}`, 'planblatt');
  await visit(page, '/anmelden/passwort', 'passwort');
  await visit(page, `/akten/${randomUUID()}`, 'nicht-gefunden', 404);
  await visit(page, '/api/docs', 'docs');
  await visit(page, '/api/docs/dokument_einliefern', 'docs-einliefern');
  await visit(page, '/api/docs/suche', 'docs-suche');
  await visit(page, '/api/docs/probleme', 'docs-probleme');
  await visit(page, '/probleme/veraltet', 'docs-problem');
  for (const { id, name } of hostile) {
    await visit(page, `/dokumente/${id}`, `feindlich-${name}`);
    await visit(page, `/dokumente/${id}/ablage`, `feindlich-${name}-ablage`);
  }
}

// What is suggested for a letter, once the plan is learned; chosen by keyboard.
async function suggestions(page, key, akte) {
  const text = 'Sehr geehrte Damen und Herren,\n\nhiermit beantrage ich die Baugenehmigung für eine Garage.';
  const { id } = await push(key, { oe: '63' }, `Anna Muster\n\n3. Mai 2024\n\nBauantrag Garage\n\n${text}`, 'b.txt');
  let found = {};
  for (let i = 0; i < 900 && !(found.modell && found.text === 'bereit'); i += 1) {
    found = await rest(key, 'GET', `/dokumente/${id}/vorschlaege`);
    await new Promise((done) => setTimeout(done, 200));
  }
  check(found.planeinheiten?.length > 0, `nothing is suggested: ${JSON.stringify(found)}`);
  await visit(page, `/dokumente/${id}/ablage`, 'vorschlaege');
  check(await page.locator('#absender').inputValue() === 'Anna Muster', 'the sender is read');
  await tabTo(page, 'a plan unit', (at) => at.text.startsWith('Akten unter'));
  await enter(page, /planeinheit=/);
  await visit(page, `/dokumente/${id}/ablage?planeinheit=${akte.planeinheit}`, 'vorschlaege-akten');
  await tabTo(page, 'an Akte', (at) => at.text.endsWith('wählen'));
  await enter(page, /aktenzeichen=/);
  check(await page.locator('#aktenzeichen').inputValue() !== '', 'its Aktenzeichen is filled in');
  await looked(page, 'vorschlaege-gewaehlt');
}

// Whatever it is called and asked for, it is saved and not shown.
async function notShown(page, { id, name }) {
  for (const query of ['', '?ansehen=1']) {
    const saved = page.waitForEvent('download', { timeout: 10_000 });
    await page.goto(`${base}/dokumente/${id}/inhalt${query}`).catch(() => {});
    const download = await saved.catch(() => null);
    check(download !== null, `${name}${query} is shown, not saved`);
    await download?.cancel();
  }
  check(await page.evaluate(() => window.gehackt === undefined), `${name} has run script`);
}

try {
  const key = logins['fach.bau'].key;
  const akten = (await rest(key, 'GET', '/akten')).eintraege;
  const akte = akten.find((a) => a.zustand === 'offen');
  const vorgang = (await json(key, `/akten/${akte.id}/vorgaenge`, { betreff: BETREFF })).id;
  const metadata = { oe: '63', betreff: BETREFF, absender: BETREFF, typ: '<b>typ</b>' };
  const files = [
    ['a.html', `<!DOCTYPE html><html><body><script>${LOUD}</script></body></html>`],
    ['a.svg', `<svg xmlns="http://www.w3.org/2000/svg" onload="${LOUD.replaceAll('"', "'")}"/>`],
    ['a.xhtml', `<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><script>${LOUD}</script></html>`],
    ['a.txt', `Zwischenruf ${BETREFF} Ende`],
  ];
  const hostile = [];
  let seq = 0;
  for (const [name, bytes] of files) {
    const receipt = await push(key, metadata, bytes, name);
    hostile.push({ id: receipt.id, name });
    seq = receipt.seq;
  }
  await rest(key, 'GET', `/suche?q=x&wait_for=${seq}`);
  const page = await window_();
  await journey(page, akte);
  await everyPage(page, akte, vorgang, hostile);
  await suggestions(page, key, akte);
  for (const file of hostile) await notShown(page, file);
  await page.goto(`${base}/`);
  await tabTo(page, 'to sign off', (at) => at.text === 'Abmelden');
  await enter(page, /abgemeldet/);
  await looked(page, 'abgemeldet');
  await page.goto(`${base}/akten`);
  check(page.url().includes('/anmelden?ziel='), 'nobody sees pages after that');
  await signOn(page, logins['p.oezdemir'], /\/akten$/);
  await visit(page, '/', 'start-revision');
  await visit(page, '/posteingang', 'nicht-erlaubt', 403);
} catch (error) {
  wrong.push(String(error.stack ?? error));
}
await browser.close();
console.log(`web: ${count.pages} pages in Chromium, ${count.stops} stops by Tab, largest ${count.bytes} bytes`);
if (wrong.length > 0) {
  console.error([...new Set(wrong)].join('\n'));
  process.exit(1);
}
