// A server with made-up data in memory, for looking at the page alone:
//
//   npm run build && npm run fake            # http://127.0.0.1:4173
//
// It speaks the same HTTP as attune and sends the same security headers. Options as
// environment variables: PORT, TOKEN (asks for that token), BUSY=1 (every second search
// is answered 503), HISTORY=1 (charts begin filled), EMPTY=1 (nothing read yet), TICK_MS (how often the status is sent).
// It is no part of the product.

import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

const dist = fileURLToPath(new URL('../dist', import.meta.url));
const token = process.env.TOKEN ?? '';
const busy = process.env.BUSY === '1';
const empty = process.env.EMPTY === '1';
const tickMs = Number(process.env.TICK_MS ?? 1000);
const now = () => new Date().toISOString();
const before = (minutes) => new Date(Date.now() - minutes * 60_000).toISOString();

// ---- what is remembered ----

const code = `// Appends one record and returns when it is on disk.
Result<Position> Log::Append(std::string_view record) {
  if (record.size() > config_.record_max.count()) {
    return Error(Code::kInvalidArgument, "record too large");
  }
  std::unique_lock lock(mutex_);
  queue_.push_back(Pending{record, {}});
  // One writer commits for everybody who waits: group commit.
  if (!writing_) {
    writing_ = true;
    CommitGroup(lock);
  }
  return queue_.front().position;
}`;
const prose = `Durability has a price, and group commit is how many writers share it. The first
writer becomes the leader: it takes the queue, writes all records with one call, and
waits for one sync. Everybody who came meanwhile forms the next group.`;
const scanned = 'Group commit amortises the cost of one disk synchronisation over many transactions that arrive together'.split(' ');

const documents = [
  passage('p1', 'code', 'attune', 'modules/store/src/log.cc', 'cpp', 'Log::Append', 118, code),
  passage('p2', 'prose', 'attune', 'docs/guide/durability.md', 'markdown', 'Group commit', 24, prose),
  passage('p3', 'page', 'papers', 'scans/recovery-1987.pdf', '', '', 0, scanned.join(' '), 7),
  passage('p4', 'code', 'attune', 'modules/store/tests/group_commit_test.cc', 'cpp', 'GroupCommit.OneSyncForManyWriters', 41, `TEST(GroupCommit, OneSyncForManyWriters) {
  FaultInjectingFiles files;
  Log log(files, {.group_max = 64});
  ParallelAppend(log, 64);
  EXPECT_LE(files.syncs(), 4U);
}`),
  passage('p5', 'code', 'tools', 'python/bench/commit_rate.py', 'python', 'measure_commit_rate', 9, `def measure_commit_rate(path, writers):
    """Durable commits per second, with and without group commit."""
    with open_store(path) as store:
        return run(store, writers=writers, seconds=5)`),
  passage('n7', 'note', 'notes', 'Decision: group commit', '', '', 0, 'We keep group commit with a window of 0 ms: the sync itself is the window.'),
  passage('m42', 'message', 'chats', 'How does group commit work?', '', '', 0, 'Group commit lets many transactions share one fsync. The leader flushes the log for all of them.'),
  ...Array.from({ length: 60 }, (_, i) =>
    passage(`p${100 + i}`, i % 3 ? 'code' : 'prose', i % 2 ? 'attune' : 'tools', `modules/${['cache', 'exec', 'index', 'stream'][i % 4]}/src/part_${i}.${i % 3 ? 'cc' : 'md'}`, i % 3 ? 'cpp' : 'markdown', i % 3 ? `Part${i}::Commit` : `Part ${i}`, 10 + i, `  // part ${i} takes part in a group and will commit when the group does\n  commit(group_${i});`),
  ),
];

function passage(id, kind, source, path, language, symbol, line, text, page = 0) {
  const lines = text.split('\n').length;
  return { id, kind, source, path, language, symbol, role: kind === 'message' ? 'assistant' : '', line_begin: line, line_end: line === 0 ? 0 : line + lines - 1, page, time: before((id.charCodeAt(1) * 977) % 9000), text };
}

const notes = [
  { id: 'n7', title: 'Decision: group commit', text: documents.find((d) => d.id === 'n7').text, tags: ['store', 'decision'], created: before(90) },
  { id: 'n6', title: '', text: 'The staging machine has a disk whose fsync takes 4 ms.\nMeasure beside a raw baseline.', tags: ['measuring'], created: before(4000) },
];

const chat = (id, title, origin, model, messages, branches, age) => ({ id, title, origin, model, created: before(age + 500), updated: before(age), messages, branches });
const chats = [
  chat('c3', 'How does group commit work?', 'chatgpt', 'gpt-5', 6, 2, 12),
  chat('c2', 'Naming things in the storage layer, and why the long title of a chat must not break the list', 'claude', '', 180, 1, 700),
  chat('c1', 'Notes to myself', 'attune', '', 3, 1, 20_000),
];
const said = (id, parent, role, content, model = '') => ({ id, parent, role, content, model, created: before(600 - Number(id.slice(1))), metadata: {} });
const messages = {
  c3: [
    said('m40', null, 'user', 'How does **group commit** work, and what does it cost?'),
    said('m41', 'm40', 'assistant', 'It depends on the database.', 'gpt-5'),
    said('m42', 'm40', 'assistant', '## Group commit\nMany transactions share one `fsync`:\n\n1. The first writer becomes the *leader*.\n2. It writes everything that is queued.\n3. One sync, then all are acknowledged.\n\n```cpp\nvoid CommitGroup(std::unique_lock<std::mutex>& lock) {\n  auto group = std::exchange(queue_, {});\n  lock.unlock();\n  file_->Append(Serialize(group));\n  file_->Sync();   // one for all\n}\n```\n\n| writers | commits/s |\n|---|---|\n| 1 | 13,000 |\n| 64 | 310,000 |\n\n> The price is the wait for the slowest.\n\nSee [the paper](https://example.org/paper) and <script>alert(1)</script>.', 'gpt-5'),
    said('m43', 'm42', 'user', 'And with a slow disk?'),
    said('m44', 'm43', 'assistant', 'Then it matters more: the longer a sync takes, the larger the groups become.', 'gpt-5'),
    said('m45', 'm41', 'user', 'Be more precise, please.'),
  ],
  c2: Array.from({ length: 180 }, (_, i) => said(`m${1000 + i}`, i === 0 ? null : `m${999 + i}`, i % 2 ? 'assistant' : 'user', i % 2 ? `Answer ${i}: a name should say what the thing is *for*.` : `Question ${i}: what would you call it?`)),
  c1: [said('m1', null, 'user', 'Buy a faster disk.'), said('m2', 'm1', 'user', 'No: group commit.'), said('m3', 'm2', 'user', 'Both.')],
};

const knobs = [
  knob('ingest.threads', '2', '', '1 to 64, whole numbers', 'at once', 'Threads that read files. More read faster and leave less for searches.'),
  knob('ingest.batch_bytes', '4MiB', '', '64KiB to 64MiB', 'at once', 'How much text is indexed at a time. More is faster per byte and takes longer to become searchable.'),
  knob('ingest.share', '0.5', '', '0.05 to 1', 'at once', 'Part of the machine that reading may take while people search.', 'yield'),
  knob('search.queue_max', '64', '', '1 to 4096, whole numbers', 'at once', 'Searches that may wait. More absorb a burst and can break the latency promise.'),
  knob('store.durability', 'full', '', 'one of full, normal, off', 'at restart', 'When a write is acknowledged: on disk, in the system, in memory.'),
  knob('index.merge_window', '50ms', '', '1ms to 10s', 'after draining', 'How long small segments wait for company before they are merged.'),
];
function knob(name, value, unit, domain, applies, help, by = 'default') {
  return { name, value, default: by === 'default' ? value : '1', unit, domain, applies, help, pinned: false, changed_by: by };
}

// Newest first.
const decisions = Array.from({ length: 120 }, (_, i) => 120 - i).map((n) => n % 5 === 0
  ? { id: `d${n}`, time: new Date(Date.now() - (120 - n) * 40_000).toISOString(), what: 'cache.answers.policy', from: n % 2 ? 'lru' : 's3-fifo', to: n % 2 ? 's3-fifo' : 'lru', by: 'policy selector', inputs: { sampled: 4096, only_to: 310, only_from: 120 }, reason: 'it would have hit 190 more of 4096 sampled accesses' }
  : { id: `d${n}`, time: new Date(Date.now() - (120 - n) * 40_000).toISOString(), what: 'ingest.share', from: n % 2 ? '1' : '0.5', to: n % 2 ? '0.5' : '1', by: 'yield', inputs: { p99_ms: n % 2 ? 61.2 : 9.4, completions: 88, in_flight: 3 }, reason: n % 2 ? 'searches are above the goal' : 'searches are well below the goal' });

// ---- the status, which moves ----

const started = Date.now() - 290_000;
let progress = empty ? 0 : 0.62;
function status(at = Date.now()) {
  const t = (at - started) / 1000;
  const wave = Math.sin(t / 7) + Math.sin(t / 2.3) * 0.4;
  const active = progress < 1;
  const used = 180e6 + Math.min(t, 290) * 0.9e6 + wave * 9e6;
  return {
    version: '1.0.0', data_dir: '/home/ada/.local/share/attune/attune', name: 'attune', pid: 4711, address: 'http://127.0.0.1:4173', uptime_ms: at - started, ready: !empty,
    reading: { active, files_done: Math.round(9200 * progress), files_total: 9200, bytes_done: Math.round(212e6 * progress), bytes_total: 212e6, bytes_per_second: active ? 64e6 + wave * 8e6 : 0, remaining_ms: active ? (1 - progress) * 9000 : null, current: active ? 'modules/index/src/posting_list.cc' : '', share: 0.5 },
    sources: empty ? [] : [
      source(1, 'attune', '/home/ada/projects/attune', active ? 'reading' : 'watching', 9200, 41_020, 'inotify', [
        { reason: 'binary', files: 214, remedy: 'Nothing to do: binaries hold no text.', examples: ['assets/logo.icns', 'build/attune'] },
        { reason: 'too large', files: 3, remedy: 'Raise --file-max above 8 MiB to read them.', examples: ['data/enwik8.txt', 'data/with a\\nnewline.txt'] },
        { reason: 'ignored', files: 1800, remedy: 'They are named in .gitignore or .attuneignore.', examples: ['node_modules/vite/index.js'] },
      ]),
      source(2, 'papers', '/home/ada/papers', 'watching', 118, 2903, 'rescan every 10s: the system allows no more watches (fs.inotify.max_user_watches)', [{ reason: 'cannot be read', files: 1, remedy: 'Give read permission: chmod u+r', examples: ['private/letter.pdf'] }]),
      source(3, 'tools', '/home/ada/tools', 'watching', 640, 5120, 'inotify', []),
    ],
    search: { count: 240, p50_ms: 0.09 + wave * 0.01, p95_ms: 1.1, p99_ms: 6 + wave * 3, max_ms: 31, rejected: 12, promised_ms: 50 },
    memory: { limit_bytes: 512 * 2 ** 20, limit_now_bytes: 512 * 2 ** 20, rss_bytes: used + 40e6, rss_peak_bytes: 489e6, reserved_bytes: used, consumers: [
      { name: 'index.segments', bytes: used * 0.44, minimum_bytes: 16e6, benefit: 0.82, shrunk_total_bytes: 0, target_bytes: null },
      { name: 'store.pages', bytes: used * 0.2, minimum_bytes: 4e6, benefit: 0.4, shrunk_total_bytes: 61e6, target_bytes: null },
      { name: 'ingest.batches', bytes: used * 0.16, minimum_bytes: 1e6, benefit: 0.31, shrunk_total_bytes: 210e6, target_bytes: null },
      { name: 'index.live', bytes: used * 0.1, minimum_bytes: 1e6, benefit: 1.4, shrunk_total_bytes: 0, target_bytes: null },
      { name: 'vision.pages', bytes: used * 0.06, minimum_bytes: 0, benefit: 0.02, shrunk_total_bytes: 0, target_bytes: null },
      { name: 'events.ring', bytes: 3e6, minimum_bytes: 3e6, benefit: 0, shrunk_total_bytes: 0, target_bytes: null },
      { name: 'server.buffers', bytes: 2e6, minimum_bytes: 1e6, benefit: 0, shrunk_total_bytes: 0, target_bytes: null },
    ] },
    caches: [
      { name: 'answers', policy: 's3-fifo', entries: 812, entries_max: 4096, bytes: 6.1e6, bytes_max: 16e6, target_bytes: 14e6, hits: 9120, misses: 2210, insertions: 2195, evictions: 1383, expirations: 0, refused: 2, loads: 2210, loads_failed: 0, loads_joined: 17, load_mean_ms: 0.21, policy_changes: 1, bypassed: 0, bypassing: false },
      { name: 'titles', policy: 'lru', entries: 0, entries_max: 512, bytes: 70_000, bytes_max: 1e6, target_bytes: null, hits: 0, misses: 0, insertions: 0, evictions: 0, expirations: 0, refused: 0, loads: 0, loads_failed: 0, loads_joined: 0, load_mean_ms: null, policy_changes: 0, bypassed: 0, bypassing: false },
    ],
    pools: [{ name: 'messages', in_use: 1, idle: 31, capacity: 4096, bytes: 80_000, acquired: 912, reused: 880 }],
    index: { passages: 49_043, terms: 812_331, segments: 6, on_disk_bytes: 88e6, in_memory_bytes: used * 0.44 },
    store: { documents: 9958, passages: 49_043, notes: notes.length, chats: chats.length, messages: 189, on_disk_bytes: 301e6, durability: 'full', commits: 8123, operations: 120_332 },
    warnings: empty ? [] : ['papers is followed by rescans because the system allows no more watches. Raise fs.inotify.max_user_watches.'],
  };
}
function source(id, name, root, state, files, passages, watch, skipped) {
  return { id, name, root, state, files_found: files, files_read: Math.round(files * progress), files_unchanged: Math.round(files * 0.1), files_pending: state === 'reading' ? Math.round(files * (1 - progress)) : 0, files_removed: 0, bytes_read: files * 22_000, documents: files, passages, skipped, watch };
}

// ---- events ----

const listeners = new Set();
const ring = [];
let sequence = 0;
function publish(type, data) {
  // The status is current or worthless: it has no id and is not sent again.
  const id = type === 'status' ? '' : `id: ${++sequence}\n`;
  const text = `${id}event: ${type}\ndata: ${JSON.stringify(data)}\n\n`;
  if (id !== '') ring.push({ sequence, text });
  if (ring.length > 1024) ring.shift();
  for (const response of listeners) response.write(text);
}
let tick = 0;
setInterval(() => {
  if (!empty) progress = Math.min(1, progress + 0.004);
  publish('status', status());
  if (progress < 1 && !empty) publish('document', { source: 'attune', path: `modules/index/src/${['posting', 'segment', 'merge', 'query', 'snippet'][tick++ % 5]}_${tick}.cc`, passages: 1 + (tick % 9) });
}, tickMs);

// ---- HTTP ----

const types = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript; charset=utf-8', '.css': 'text/css; charset=utf-8', '.svg': 'image/svg+xml' };
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

function json(response, body, code = 200) {
  response.writeHead(code, { 'Content-Type': 'application/json' });
  response.end(JSON.stringify(body));
}
function problem(response, code, title, detail, more = {}, headers = {}) {
  response.writeHead(code, { 'Content-Type': 'application/problem+json', ...headers });
  response.end(JSON.stringify({ type: 'about:blank', title, status: code, detail, ...more }));
}
async function body(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

function answer(query) {
  const words = (query.get('q') ?? '').toLowerCase().match(/[\p{L}\p{N}_]+/gu) ?? [];
  const wanted = (key, value) => query.getAll(key).length === 0 || query.getAll(key).includes(value);
  const found = documents
    .filter((d) => wanted('kind', d.kind) && wanted('lang', d.language) && wanted('source', d.source))
    .map((d) => ({ d, n: words.filter((w) => `${d.text} ${d.path} ${d.symbol}`.toLowerCase().includes(w)).length }))
    .filter(({ n }) => n > 0)
    .sort((a, b) => b.n - a.n);
  const limit = Number(query.get('limit') ?? 10);
  const hits = found.slice(0, limit).map(({ d, n }, i) => {
    const { text, ...where } = d;
    const snippet = text.split('\n').slice(0, 5).join('\n');
    const scale = n / (1 + i * 0.12);
    const score_parts = { body: 6.1 * scale, stem: d.kind === 'prose' ? 1.2 * scale : 0, symbol: d.symbol ? 1.9 * scale : 0, path: d.path.includes(words[0]) ? 1.1 : 0.1 };
    return { ...where, ...(d.kind === 'message' ? { chat: 'c3' } : {}), snippet, snippet_line: d.line_begin, snippet_parts: marked(snippet, words), highlights: [], score: Object.values(score_parts).reduce((a, b) => a + b), score_parts };
  });
  return { hits, matched: found.length > 20 ? 1432 : found.length, matched_is_exact: found.length <= 20, notes: [], took_ms: 0.08 + Math.random() * 0.1, reading: progress < 1 };
}
function marked(text, words) {
  const pattern = new RegExp(`(${words.join('|') || '\\u0000'})`, 'giu');
  return text.split(pattern).filter((p) => p !== '').map((text) => ({ text, match: words.includes(text.toLowerCase()) }));
}

function opened(d) {
  const { text, ...where } = d;
  const around = (from, n) => Array.from({ length: n }, (_, i) => `  line_${from + i}(); // what stands around it`).join('\n');
  const lines = d.line_begin > 0;
  let x = 120;
  let y = 140;
  const words = d.kind !== 'page' ? [] : scanned.map((text, i) => {
    const width = text.length * 19;
    if (x + width > 1500) { x = 120; y += 62; }
    const box = [x, y, x + width, y + 40];
    x += width + 22;
    return { text: i === 9 ? 'synchr0nisation' : text, confidence: i === 9 ? 0.41 : 0.99 - (i % 5) * 0.07, box };
  });
  const file = !['note', 'message'].includes(d.kind);
  return { ...where, title: d.path, text, absolute_path: file ? `/home/ada/projects/${d.source}/${d.path}` : '', before: lines ? around(d.line_begin - 9, 9) : '', after: lines ? around(d.line_end + 1, 20) : '', words, ...(d.kind === 'message' ? { chat: 'c3' } : {}) };
}

function branch(id, leaf) {
  const all = messages[id];
  const byId = new Map(all.map((m) => [m.id, m]));
  const newest = id === 'c3' && leaf === null ? 'm44' : (leaf ?? all[all.length - 1].id);
  const path = [];
  for (let m = byId.get(newest); m !== undefined; m = byId.get(m.parent)) path.unshift(m);
  return path;
}

let searches = 0;
const routes = [
  ['GET', /^\/v1\/search$/, (_m, q, _b, r) => (busy && ++searches % 2 ? problem(r, 503, 'Busy', 'The latency promise cannot be kept.', { retry_after_ms: 1800 }, { 'Retry-After': '2' }) : json(r, answer(q)))],
  ['GET', /^\/v1\/passages\/(.+)$/, ([id], _q, _b, r) => { const d = documents.find((x) => x.id === id); return d ? json(r, opened(d)) : problem(r, 404, 'Not found', `no passage ${id}`, { remedy: 'Search again: its document may have changed.' }); }],
  ['GET', /^\/v1\/status$/, (_m, _q, _b, r) => json(r, status())],
  ['POST', /^\/v1\/sources$/, (_m, _q, b, r) => problem(r, 400, 'Cannot be read', `${JSON.parse(b).root} is not a folder`, { field: 'root', remedy: 'Give the path of a folder that exists.' })],
  ['DELETE', /^\/v1\/sources\/(.+)$/, (_m, _q, _b, r) => r.writeHead(204).end()],
  ['GET', /^\/v1\/journal$/, (_m, query, _b, r) => {
    const older = decisions.filter(({ id, what }) => what.startsWith(query.get('about') ?? '') && (!query.has('before') || Number(id.slice(1)) < Number(query.get('before').slice(1))));
    return json(r, { decisions: older.slice(0, Number(query.get('limit') ?? 50)) });
  }],
  ['GET', /^\/v1\/knobs$/, (_m, _q, _b, r) => json(r, { knobs })],
  ['PUT', /^\/v1\/knobs\/(.+)$/, ([name], _q, b, r) => {
    const k = knobs.find((x) => x.name === name);
    const { value } = JSON.parse(b);
    if (k.domain.includes('whole') && !/^\d+$/.test(value)) return problem(r, 400, 'Value out of range', `"${value}" is not in ${k.domain}`, { field: 'value' });
    Object.assign(k, { value, pinned: true, changed_by: 'pin' });
    publish('knob', { name: k.name, value: k.value, pinned: k.pinned, changed_by: k.changed_by });
    return json(r, k);
  }],
  ['DELETE', /^\/v1\/knobs\/(.+)$/, ([name], _q, _b, r) => { const k = knobs.find((x) => x.name === name); Object.assign(k, { value: k.default, pinned: false, changed_by: 'default' }); publish('knob', { name: k.name, value: k.value, pinned: k.pinned, changed_by: k.changed_by }); return json(r, k); }],
  ['GET', /^\/v1\/notes$/, (_m, q, _b, r) => json(r, { notes: q.has('before') ? [] : notes })],
  ['POST', /^\/v1\/notes$/, (_m, _q, b, r) => { const note = { id: `n${notes.length + 6}`, title: '', tags: [], ...JSON.parse(b), created: now() }; notes.unshift(note); documents.push(passage(note.id, 'note', 'notes', note.title, '', '', 0, note.text)); publish('note', { id: note.id }); return json(r, note, 201); }],
  ['DELETE', /^\/v1\/notes\/(.+)$/, ([id], _q, _b, r) => { notes.splice(notes.findIndex((n) => n.id === id), 1); r.writeHead(204).end(); }],
  ['GET', /^\/v1\/chats$/, (_m, q, _b, r) => json(r, { chats: q.has('before') ? [] : chats })],
  ['POST', /^\/v1\/chats\/import$/, (_m, _q, b, r) => (b.startsWith('{') || b.startsWith('[') ? json(r, { format: 'chatgpt', chats_added: 12, chats_updated: 1, chats_unchanged: 3, messages_added: 340, problems: ['conversation 4: message "x" has no author'], problems_count: 1 }) : problem(r, 400, 'Not a chat export', 'The file is neither JSON nor JSON lines.', { remedy: 'Choose conversations.json from the export.' }))],
  ['GET', /^\/v1\/chats\/([^/]+)\/export$/, ([id], _q, _b, r) => json(r, { chat: chats.find((c) => c.id === id), messages: messages[id] })],
  ['GET', /^\/v1\/chats\/([^/]+)$/, ([id], q, _b, r) => {
    const c = chats.find((x) => x.id === id);
    if (c === undefined) return problem(r, 404, 'Not found', `no chat ${id}`);
    let path = branch(id, q.get('leaf'));
    if (q.has('before')) path = path.slice(0, path.findIndex((m) => m.id === q.get('before')));
    const limit = Number(q.get('limit') ?? 50);
    const page = path.slice(-limit);
    return json(r, { chat: c, messages: page, next_before: path.length > limit ? page[0].id : null });
  }],
  ['DELETE', /^\/v1\/chats\/([^/]+)$/, ([id], _q, _b, r) => { chats.splice(chats.findIndex((c) => c.id === id), 1); r.writeHead(204).end(); }],
];

const server = createServer(async (request, response) => {
  const url = new URL(request.url, 'http://localhost');
  if (url.pathname.startsWith('/v1/')) {
    if (token !== '' && request.headers.authorization !== `Bearer ${token}`) return problem(response, 401, 'A token is needed', 'Send Authorization: Bearer TOKEN.');
    if (url.pathname === '/v1/events') {
      response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
      const from = request.headers['last-event-id'] === undefined ? sequence : Number(request.headers['last-event-id']);
      for (const event of ring) if (event.sequence > from) response.write(event.text);
      // HISTORY=1 sends five minutes of statuses at once, for pictures of the charts.
      const first = process.env.HISTORY === '1' ? Date.now() - 290_000 : Date.now();
      for (let at = first; at <= Date.now(); at += 1000) response.write(`event: status\ndata: ${JSON.stringify(status(at))}\n\n`);
      listeners.add(response);
      return request.on('close', () => listeners.delete(response));
    }
    const text = await body(request);
    for (const [method, path, handle] of routes) {
      const match = method === request.method ? path.exec(url.pathname) : null;
      if (match !== null) return handle(match.slice(1).map(decodeURIComponent), url.searchParams, text, response);
    }
    return problem(response, 404, 'Not found', url.pathname);
  }
  const file = join(dist, normalize(url.pathname === '/' ? '/index.html' : url.pathname));
  if (!file.startsWith(dist) || !existsSync(file) || !statSync(file).isFile()) return problem(response, 404, 'Not found', url.pathname);
  response.writeHead(200, { 'Content-Type': types[extname(file)] ?? 'application/octet-stream', 'Content-Security-Policy': policy, 'X-Content-Type-Options': 'nosniff' });
  createReadStream(file).pipe(response);
});
server.listen(Number(process.env.PORT ?? 4173), '127.0.0.1', () => console.log(`listening on http://127.0.0.1:${server.address().port}`));
