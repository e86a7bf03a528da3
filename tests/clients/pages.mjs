// A person at the pages: Chromium walks where it is told and says what it saw, one JSON object a line.
// Standard input: {"out": folder of screenshots, "views": [{"name", "url", "clicks": [selector …], "press": selector …}]}.
// A view: name, url; clicks: what is pressed one after the other; certificate, key: PEM files shown to every origin of `origins`;
//   language: the browser's; script: whether scripts run (without them axe does not look); width: of the window, in pixels; dark: whether dark colours are wanted;
//   until: address whose call ends the walk, where nobody needs to listen; arrives: whether to wait for that.
// Seen: status, heading, lang, text, arrived (the address of `until` that was called), violations (axe, WCAG 2.1 A and AA),
//   sideways (whether the page scrolls sideways), stops (elements that Tab reaches), unmarked (those without a visible outline),
//   complaints (what the browser's console said).
// Env: NODE_DIR (.) folder whose node_modules has playwright-core and @axe-core/playwright; CHROME_PATH (/usr/bin/chromium).
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import fs from 'node:fs';
import path from 'node:path';

const from = createRequire(path.resolve(process.env.NODE_DIR || '.') + '/x.js');
const load = (name) => import(pathToFileURL(from.resolve(name)));
const { chromium } = (await load('playwright-core')).default;
const { AxeBuilder } = (await load('@axe-core/playwright')).default;
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'];
const MOST_STOPS = 60;
const PATIENCE = 180_000; // milliseconds

const plan = JSON.parse(fs.readFileSync(0, 'utf8'));
fs.mkdirSync(plan.out, { recursive: true });
const browser = await chromium.launch({
  executablePath: process.env.CHROME_PATH || '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});

function settings(view) {
  const certificates = (view.origins || []).map((origin) => ({ origin, certPath: view.certificate, keyPath: view.key }));
  return {
    viewport: { width: view.width || 1280, height: 800 },
    locale: view.language || 'sv-SE',
    colorScheme: view.dark ? 'dark' : 'light',
    javaScriptEnabled: view.script !== false,
    ignoreHTTPSErrors: true,
    ...(view.certificate ? { clientCertificates: certificates } : {}),
  };
}

// Where Tab leads, and what of it has no outline that can be seen.
async function focus(page) {
  const stops = [];
  for (let i = 0; i < MOST_STOPS; i++) {
    await page.keyboard.press('Tab');
    const stop = await page.evaluate(() => {
      const element = document.activeElement;
      if (!element || element === document.body) return null;
      const style = getComputedStyle(element);
      const marked = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
      return { name: element.textContent.trim().slice(0, 60), marked };
    });
    if (!stop) break;
    stops.push(stop);
  }
  return stops;
}

async function judge(page, file, script) {
  await page.screenshot({ path: file, fullPage: true });
  // axe is a script itself.
  const axe = script ? await new AxeBuilder({ page }).withTags(RULES).analyze() : { violations: [], passes: [] };
  const sideways = await page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth + 1);
  const stops = await focus(page);
  return {
    heading: await page.textContent('h1').catch(() => null),
    lang: await page.getAttribute('html', 'lang'),
    text: await page.innerText('body'),
    violations: axe.violations.map((found) => `${found.id}: ${found.nodes.map((node) => node.target.join(' ')).join(', ')}`),
    rules: axe.passes.length,
    sideways,
    stops: stops.map((stop) => stop.name),
    unmarked: stops.filter((stop) => !stop.marked).map((stop) => stop.name),
  };
}

async function see(view) {
  const context = await browser.newContext(settings(view));
  // On a busy machine everything takes its time.
  context.setDefaultTimeout(PATIENCE);
  const page = await context.newPage();
  const seen = { name: view.name, status: 0, arrived: null, complaints: [] };
  page.on('response', (response) => {
    const main = response.request().isNavigationRequest() && response.frame() === page.mainFrame();
    if (main && response.status() < 300 || main && response.status() >= 400) seen.status = response.status();
  });
  page.on('request', (request) => {
    if (view.until && request.isNavigationRequest() && request.url().startsWith(view.until)) seen.arrived = request.url();
  });
  // The status of the page itself is judged apart.
  page.on('console', (said) => said.type() === 'error' && !/status of \d/.test(said.text()) && seen.complaints.push(said.text()));
  page.on('pageerror', (error) => seen.complaints.push(String(error)));
  try {
    await page.goto(view.url).catch((error) => { if (!seen.arrived) throw error; });
    for (const selector of view.clicks || []) {
      await page.click(selector);
      await page.waitForLoadState('load').catch(() => 0);
    }
    for (let i = 0; i < 100 && view.arrives && !seen.arrived; i++) await page.waitForTimeout(100);
    if (!seen.arrived) Object.assign(seen, await judge(page, `${plan.out}/${view.name}.png`, view.script !== false));
  } catch (error) {
    seen.failed = String(error.message || error);
  }
  await context.close();
  return seen;
}

for (const view of plan.views) console.log(JSON.stringify(await see(view)));
await browser.close();
