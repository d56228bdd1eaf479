// Makes the pictures of the README from a real, running attune:
//
//   npm ci --prefix tests/clients
//   ATTUNE_BIN=build/release/apps/attune/attune node tools/screenshots.mjs [DIR]
//
// attune reads DIR (default: this repository) into a data folder of its own, searches run
// for a minute so that the charts have something to show, and then
//   docs/images/search.png    1280 pixels wide, light, with an opened passage
//   docs/images/charts.png    1280 pixels wide, dark
//   docs/images/phone.png     390 pixels wide, light
// are written. Options as environment variables: QUERY (default "group commit"),
// SECONDS (how long searches run, default 60), OUT (default docs/images).

import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AttuneProcess } from '../tests/browser/attune_process.mjs';
import { launchChromium } from '../tests/browser/chromium.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = resolve(process.argv[2] ?? root);
const out = resolve(process.env.OUT ?? join(root, 'docs/images'));
const query = process.env.QUERY ?? 'group commit';
const seconds = Number(process.env.SECONDS ?? 60);
const searchesPerSecond = 40;

// What is asked while the charts fill: words, a phrase, a prefix, a definition.
const questions = [query, 'memory budget', '"immutable segments"', 'pars*', 'symbol:open', 'lang:cpp mutex', 'checksum recovery'];

async function searchFor(address, milliseconds) {
  const begin = Date.now();
  for (let i = 0; Date.now() - begin < milliseconds; ++i) {
    // On time, not after the previous answer: a slow one must not thin out the load.
    const params = new URLSearchParams({ q: questions[i % questions.length], limit: '10' });
    fetch(`${address}/v1/search?${params}`).then(
      (response) => response.arrayBuffer(),
      () => {},
    );
    const due = begin + ((i + 1) * 1000) / searchesPerSecond;
    await new Promise((done) => setTimeout(done, Math.max(0, due - Date.now())));
  }
}

async function openPage(browser, address, route, width, height, colorScheme) {
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme,
    reducedMotion: 'reduce',
    deviceScaleFactor: width < 500 ? 2 : 1,
  });
  const page = await context.newPage();
  await page.goto(`${address}/#/${route}`);
  await page.getByTestId('connection').getByText('live').waitFor({ state: 'attached' });
  return page;
}

async function openFirstHit(page) {
  const hit = page.locator('[data-hit]').first();
  await hit.click();
  await page.getByRole('region', { name: 'Passage' }).locator('mark').first().waitFor();
}

await mkdir(out, { recursive: true });
const attune = await AttuneProcess.start({ folder });
const browser = await launchChromium();
try {
  const charts = await openPage(browser, attune.address, 'charts', 1280, 860, 'dark');
  await searchFor(attune.address, seconds * 1000);
  await charts.screenshot({ path: join(out, 'charts.png') });
  await attune.waitUntilRead(600_000);

  const route = `search?${new URLSearchParams({ q: query })}`;
  const search = await openPage(browser, attune.address, route, 1280, 800, 'light');
  await openFirstHit(search);
  await search.screenshot({ path: join(out, 'search.png') });

  const phone = await openPage(browser, attune.address, route, 390, 844, 'light');
  await phone.locator('[data-hit] >> nth=0').waitFor();
  await phone.evaluate(() => document.activeElement?.blur());
  await phone.screenshot({ path: join(out, 'phone.png') });
  console.log(`wrote charts.png, search.png and phone.png into ${out}`);
} finally {
  await browser.close();
  await attune.stop();
}
