// The page in a real browser against a real attune.
//
//   npm ci --prefix tests/clients
//   ATTUNE_BIN=build/release/apps/attune/attune node --test tests/browser/page.test.mjs
//
// Every page that a test opens is watched: an error in its console, a request to anywhere
// but its own attune, or the same request over and over fails the test.

import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { AttuneProcess } from './attune_process.mjs';
import { launchChromium } from './chromium.mjs';

const files = {
  'src/log.cc': `// Appends one record and returns when it is on disk.
int Append(Log& log, const Record& record) {
  // One writer commits for everybody who waits: group commit.
  return log.CommitGroup(record);
}

int Unrelated() { return 7; }
`,
  'docs/durability.md': `# Durability

Group commit is how many writers share the price of one sync.

## Recovery

A torn record is found by its checksum.
`,
  'bench/commit_rate.py': `def commit_rate(store, writers):
    """Durable commits per second with group commit."""
    return store.run(writers)
`,
  'logo.bin': Buffer.from(Array.from({ length: 4096 }, (_, i) => (i * 7) % 256)),
};

// A conversation with two branches: the first answer was asked for again.
const message = (id, parent, role, text, time) => [
  id,
  {
    id,
    parent,
    children: [],
    message: { id, author: { role }, create_time: time, content: { content_type: 'text', parts: [text] }, metadata: {} },
  },
];
const mapping = Object.fromEntries([
  ['root', { id: 'root', parent: null, children: ['u1'], message: null }],
  message('u1', 'root', 'user', 'What is a wallaby index?', 1_700_000_000),
  message('a1', 'u1', 'assistant', 'The first answer about the wallaby.', 1_700_000_010),
  message('a2', 'u1', 'assistant', 'The **second** answer.\n\n```cpp\nint wallaby = 1;\n```\n<script>window.broken = true</script>', 1_700_000_020),
]);
mapping.u1.children = ['a1', 'a2'];
const conversations = JSON.stringify([
  { id: 'w1', conversation_id: 'w1', title: 'Wallaby questions', create_time: 1_700_000_000, update_time: 1_700_000_020, current_node: 'a2', mapping },
]);

const views = ['search', 'reading', 'charts', 'knobs', 'chats', 'notes'];
const kAskedMax = 60; // of one path in one test: more is a page that answers itself with the next request
const kWait = 20_000; // a loaded machine; nothing here waits for a time to pass

let attune;
let browser;

before(async () => {
  try {
    // A busy machine refuses searches that the default would make late, and a refusal is an error in the console.
    attune = await AttuneProcess.start({ files, options: ['--p99', '2s'] });
    await attune.waitUntilRead();
    browser = await launchChromium();
  } catch (error) {
    console.error(error); // Node 18 does not print what a hook throws
    throw error;
  }
});
after(async () => {
  await browser?.close();
  await attune?.stop();
});

// Opens the page, runs `body` with it, and then looks at what the page did wrong.
// `provoked` says which console errors the test causes itself.
async function withPage(route, body, { provoked = null, ...options } = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce', ...options });
  context.setDefaultTimeout(kWait);
  const wrong = [];
  const asked = new Map(); // by path
  const watch = (page) => {
    page.on('console', (line) => {
      if (line.type() === 'error' && !(provoked?.test(line.text()) ?? false)) wrong.push(`console: ${line.text()}`);
    });
    page.on('pageerror', (error) => wrong.push(`exception: ${error.message}`));
    page.on('request', (request) => {
      const url = new URL(request.url());
      if (url.protocol.startsWith('http') && url.origin !== attune.address) wrong.push(`request to ${url.origin}`);
      asked.set(url.pathname, (asked.get(url.pathname) ?? 0) + 1);
    });
  };
  context.on('page', watch);
  try {
    const page = await context.newPage();
    await page.goto(`${attune.address}/#/${route}`);
    await page.getByTestId('connection').getByText('live').waitFor({ state: 'attached' });
    await body(page, context);
  } finally {
    await context.close();
  }
  for (const [path, times] of asked) if (times > kAskedMax) wrong.push(`${path} asked ${times} times`);
  assert.deepEqual(wrong, []);
}

const hits = (page) => page.locator('[data-hit]');
const focused = (page, attribute) => page.evaluate((name) => document.activeElement?.getAttribute(name) ?? null, attribute);

describe('search', () => {
  it('shows highlighted results while one types and opens the passage', async () => {
    await withPage('search', async (page) => {
      await page.getByLabel('Search', { exact: true }).pressSequentially('group commit');
      await hits(page).first().waitFor();
      await page.locator('ol mark', { hasText: /group/i }).first().waitFor();
      await page.locator('[data-hit]', { hasText: 'log.cc' }).click();
      const passage = page.getByRole('region', { name: 'Passage' });
      await passage.getByText('One writer commits for everybody').waitFor();
      assert.ok((await passage.locator('mark').count()) > 0, 'terms are marked in the passage');
      assert.ok((await passage.locator('[data-line="3"]').count()) === 1, 'lines carry their numbers');
      assert.match(page.url(), /open=p\d+/);
    });
  });

  it('narrows by kind and says how many match', async () => {
    await withPage('search?q=commit', async (page) => {
      await page.locator('[data-hit]', { hasText: 'durability.md' }).waitFor();
      await page.getByRole('button', { name: 'code', exact: true }).click();
      await page.locator('[data-hit]', { hasText: 'durability.md' }).waitFor({ state: 'detached' });
      await page.locator('[data-hit]', { hasText: 'log.cc' }).waitFor();
      assert.match(await page.getByTestId('summary').innerText(), /\d+ match/);
    });
  });

  it('works by keyboard alone', async () => {
    await withPage('reading', async (page) => {
      await page.keyboard.press('/');
      await page.waitForFunction(() => document.activeElement?.id === 'query');
      await page.keyboard.type('group commit');
      await hits(page).nth(1).waitFor();
      await page.locator('#results[aria-busy=false]').waitFor(); // the results of the last key
      await page.keyboard.press('ArrowDown');
      const first = await focused(page, 'data-hit');
      assert.ok(first !== null, 'the arrow leads to the first result');
      await page.keyboard.press('ArrowDown');
      const second = await focused(page, 'data-hit');
      assert.ok(second !== null && second !== first, 'and on to the second');
      await page.keyboard.press('ArrowUp');
      await page.keyboard.press('Enter');
      await page.waitForFunction(() => document.activeElement?.getAttribute('aria-label') === 'Passage');
      await page.keyboard.press('Escape');
      await page.getByRole('region', { name: 'Passage' }).waitFor({ state: 'detached' });
      assert.equal(await focused(page, 'data-hit'), first, 'closing gives the focus back');
      await page.keyboard.press('Escape');
      assert.equal(await focused(page, 'id'), 'query');
    });
  });

  it('keeps the focus among the results when the one that has it goes', async () => {
    await withPage('search', async (page) => {
      const names = ['docs/once.md', 'docs/often.md'];
      await attune.write(names[0], '# Once\n\nA wombatolith, a single time among words that have nothing to do with it.\n');
      await attune.write(names[1], '# Often\n\nA wombatolith is a wombatolith.\n');
      await page.getByLabel('Search', { exact: true }).fill('wombatolith');
      await hits(page).nth(1).waitFor();
      await hits(page).first().focus();
      const gone = await focused(page, 'data-hit');
      const text = await hits(page).first().innerText();
      const [removed, left] = text.includes('once.md') ? names : [...names].reverse();
      await attune.remove(removed);
      await page.waitForFunction((id) => {
        const at = document.activeElement?.getAttribute('data-hit') ?? null;
        return at !== null && at !== id;
      }, gone);
      await attune.remove(left);
    });
  });

  it('finds a new file, and no longer a removed one, without reloading', async () => {
    await withPage('search', async (page) => {
      await page.evaluate(() => (window.same = true));
      await page.getByLabel('Search', { exact: true }).fill('quokkasaurus');
      await page.getByText('Nothing matches.').waitFor();
      await attune.write('docs/new.md', '# New\n\nThe quokkasaurus appears.\n');
      await page.locator('[data-hit]', { hasText: 'new.md' }).waitFor();
      await attune.remove('docs/new.md');
      await page.getByText('Nothing matches.').waitFor();
      assert.equal(await page.evaluate(() => window.same), true);
    });
  });
});

describe('reading', () => {
  it('shows the source, why a file was skipped, and a document that comes in', async () => {
    await withPage('reading', async (page) => {
      await page.getByRole('cell', { name: attune.folder }).or(page.getByText(attune.folder)).first().waitFor();
      await page.getByRole('progressbar', { name: 'Reading progress' }).waitFor();
      await page.locator('summary', { hasText: /binary/i }).click();
      await page.getByText('logo.bin').waitFor();
      await attune.write('docs/latest.md', '# Latest\n\nJust written.\n');
      await page.getByTestId('latest').getByText('docs/latest.md').first().waitFor();
    });
  });
});

describe('charts', () => {
  it('are drawn and say in words what was promised', async () => {
    await withPage('charts', async (page) => {
      await page.getByRole('row', { name: /Search, 99 of 100 within/ }).waitFor();
      await page.getByRole('row', { name: /Memory, at its peak/ }).getByText('kept', { exact: true }).waitFor();
      await page.waitForFunction(() => document.querySelectorAll('.u-wrap canvas').length === 3);
      await page.getByRole('img', { name: /^Memory of the last minutes: now .* of / }).waitFor();
    });
  });

  it('show what the caches and pools do', async () => {
    await attune.get('/v1/search?q=cachedword');
    await attune.get('/v1/search?q=cachedword');
    const { caches } = await attune.get('/v1/status');
    assert.ok(caches.find((cache) => cache.name === 'answers').hits >= 1);
    await withPage('charts', async (page) => {
      await page.getByRole('row', { name: /^answers .*% .* \d+ × [\d.]+ .s/ }).waitFor(); // loads, and the time of one
      await page.getByRole('columnheader', { name: 'May have' }).first().waitFor();
      await page.getByRole('row', { name: /^messages pool/ }).waitFor();
    });
  });
});

describe('knobs', () => {
  it('are pinned and unpinned, and other pages see it', async () => {
    const { knobs } = await attune.get('/v1/knobs');
    const { name, value } = knobs.find((knob) => !knob.pinned && !knob.domain.startsWith('one of'));
    await withPage('knobs', async (page, context) => {
      const row = page.locator(`[data-knob="${name}"]`);
      const other = await context.newPage();
      await other.goto(`${attune.address}/#/knobs`);
      const otherRow = other.locator(`[data-knob="${name}"]`);
      await otherRow.waitFor();

      await row.getByRole('button', { name: `Pin ${name}` }).click();
      await row.getByText('pinned', { exact: true }).waitFor();
      await otherRow.getByText('pinned', { exact: true }).waitFor();
      const pinned = (await attune.get('/v1/knobs')).knobs.find((knob) => knob.name === name);
      assert.deepEqual({ pinned: pinned.pinned, value: pinned.value }, { pinned: true, value });

      await row.getByRole('button', { name: `Unpin ${name}` }).click();
      await row.getByText('pinned', { exact: true }).waitFor({ state: 'detached' });
      await otherRow.getByText('pinned', { exact: true }).waitFor({ state: 'detached' });
    });
  });

  it('say what was decided, and why', async () => {
    const { knobs } = await attune.get('/v1/knobs');
    const { name, value } = knobs.find((knob) => !knob.pinned && !knob.domain.startsWith('one of'));
    await withPage('knobs', async (page) => {
      const row = page.locator(`[data-knob="${name}"]`);
      await row.getByRole('button', { name: `Pin ${name}` }).click();
      await row.getByRole('button', { name: `Unpin ${name}` }).click();
      await row.getByText('pinned', { exact: true }).waitFor({ state: 'detached' });
      const { decisions } = await attune.get(`/v1/journal?about=${name}`);
      assert.deepEqual(decisions.slice(0, 2).map(({ by }) => by), ['unpin', 'pin']);
      assert.equal(decisions[1].to, value);
      await page.locator(`[data-decision="${decisions[0].id}"]`).getByText('a person gave it back').waitFor();
      await page.getByRole('button', { name: 'Caches only' }).click();
      await page.locator(`[data-decision="${decisions[0].id}"]`).waitFor({ state: 'detached' });
    });
  });

  it('refuse a senseless value at the field and keep what was', async () => {
    const { knobs } = await attune.get('/v1/knobs');
    const { name } = knobs.find((knob) => !knob.pinned && !knob.domain.startsWith('one of'));
    await withPage(
      'knobs',
      async (page) => {
        const row = page.locator(`[data-knob="${name}"]`);
        await row.getByRole('textbox').fill('wombat');
        await page.keyboard.press('Enter');
        await row.getByRole('alert').getByText('wombat').waitFor();
        assert.equal(await row.getByRole('textbox').getAttribute('aria-invalid'), 'true');
        const { pinned } = (await attune.get('/v1/knobs')).knobs.find((knob) => knob.name === name);
        assert.equal(pinned, false);
      },
      { provoked: /status of 400/ },
    );
  });
});

describe('notes and chats', () => {
  it('remembers a note, finds it, and forgets it', async () => {
    await withPage('notes', async (page) => {
      await page.getByLabel('Note', { exact: true }).fill('The bandicoot decision: keep group commit.');
      await page.getByLabel('Title (optional)').fill('Bandicoot');
      await page.getByLabel(/^Tags/).fill('store, decision');
      await page.getByRole('button', { name: 'Remember' }).click();
      await page.locator('[data-note]', { hasText: 'bandicoot decision' }).getByText('decision', { exact: true }).waitFor();

      await page.goto(`${attune.address}/#/search?q=bandicoot`);
      await hits(page).first().click();
      await page.getByRole('region', { name: 'Passage' }).getByText('keep group commit').waitFor();

      await page.goto(`${attune.address}/#/notes`);
      await page.getByRole('button', { name: 'Forget note Bandicoot', exact: true }).click();
      await page.getByRole('button', { name: 'Forget note Bandicoot, yes' }).click();
      await page.locator('[data-note]', { hasText: 'bandicoot' }).waitFor({ state: 'detached' });
    });
  });

  it('imports an export, shows its branches, and leads from a search to the message', async () => {
    const file = join(attune.home, 'conversations.json');
    await writeFile(file, conversations);
    await withPage('chats', async (page) => {
      await page.locator('#import-file').setInputFiles(file);
      await page.getByText('1 chat added').waitFor();
      await page.getByRole('link', { name: /Wallaby questions/ }).click();

      const second = page.locator('[data-message]', { hasText: 'second' });
      await second.locator('strong', { hasText: 'second' }).waitFor();
      await second.locator('pre', { hasText: 'int wallaby = 1;' }).waitFor();
      await second.getByText('<script>window.broken = true</script>').waitFor();
      assert.equal(await page.evaluate(() => window.broken), undefined);

      await second.getByRole('button', { name: 'Previous branch' }).click();
      await page.getByText('The first answer about the wallaby.').waitFor();
      await page.getByRole('button', { name: 'Next branch' }).click();
      await second.waitFor();

      await page.goto(`${attune.address}/#/search?q=wallaby+first`);
      await page.locator('[data-hit]', { hasText: 'Wallaby questions' }).first().click();
      await page.waitForFunction(() => location.hash.startsWith('#/chats/c'));
      await page.locator('[data-message].target').waitFor();
    });
  });
});

describe('the look', () => {
  const brightness = (page) =>
    page.evaluate(() => {
      const [r, g, b] = getComputedStyle(document.documentElement).backgroundColor.match(/\d+/g).map(Number);
      return (r + g + b) / 3;
    });

  it('follows the system and keeps the choice of the reader', async () => {
    await withPage(
      'search',
      async (page) => {
        assert.ok((await brightness(page)) < 60, 'dark as the system asks');
        const toggle = page.getByRole('button', { name: /^Theme/ });
        await toggle.click();
        assert.ok((await brightness(page)) > 200, 'light as the reader asks');
        await page.reload();
        assert.ok((await brightness(page)) > 200, 'still light');
        await toggle.click();
        assert.ok((await brightness(page)) < 60, 'dark');
      },
      { colorScheme: 'dark' },
    );
    await withPage('search', async (page) => assert.ok((await brightness(page)) > 200), { colorScheme: 'light' });
  });

  for (const width of [390, 1280]) {
    it(`fits into ${width} pixels in every view`, async () => {
      await withPage(
        'search',
        async (page) => {
          for (const route of [...views, 'search?q=group+commit']) {
            await page.goto(`${attune.address}/#/${route}`);
            await page.locator('h1').waitFor({ state: 'attached' });
            if (route.includes('q=')) await hits(page).first().click();
            if (route.includes('q=')) await page.getByRole('region', { name: 'Passage' }).locator('mark').first().waitFor();
            const wide = await page.evaluate(() => document.documentElement.scrollWidth);
            assert.ok(wide <= width, `${route} is ${wide} pixels wide`);
          }
        },
        { viewport: { width, height: 844 } },
      );
    });
  }

  it('gives every control a name', async () => {
    await withPage('search', async (page) => {
      for (const view of views) {
        await page.goto(`${attune.address}/#/${view}`);
        await page.locator('h1').waitFor({ state: 'attached' });
        const nameless = await page.evaluate(() =>
          [...document.querySelectorAll('button, a, input:not([aria-hidden]), select, textarea')]
            .filter((e) => !(e.getAttribute('aria-label') || e.textContent.trim() || e.labels?.length))
            .map((e) => e.outerHTML.slice(0, 200)),
        );
        assert.deepEqual(nameless, [], view);
      }
    });
  });
});

describe('the server', () => {
  it('lets the page run nothing but its own scripts and ask nobody else', async () => {
    const response = await fetch(attune.address);
    const policy = Object.fromEntries(
      (response.headers.get('content-security-policy') ?? '').split(';').map((part) => {
        const [name, ...sources] = part.trim().split(/\s+/);
        return [name, sources.join(' ')];
      }),
    );
    assert.match(policy['default-src'] ?? '', /^'(none|self)'$/);
    assert.equal(policy['script-src'] ?? policy['default-src'], "'self'");
    assert.equal(policy['connect-src'] ?? policy['default-src'], "'self'");
  });
});
