// The shapes that the HTTP interface speaks (GET /v1/openapi.json is the full document).
// Times are RFC 3339 strings in UTC; *_ms are milliseconds, *_bytes and `bytes` are bytes.

export type Kind = 'code' | 'prose' | 'page' | 'note' | 'message';
export const kinds: readonly Kind[] = ['code', 'prose', 'page', 'note', 'message'];

// ---- search ----

export interface SnippetPart {
  text: string;
  match: boolean;
}

export interface ScoreParts {
  body: number;
  stem: number;
  symbol: number;
  path: number;
}

export interface Where {
  id: string;
  kind: Kind;
  source: string;
  path: string;
  language: string;
  symbol: string;
  role: string;
  line_begin: number; // 1-based; 0 where lines have no meaning
  line_end: number;
  page: number;
  time: string | null;
  chat?: string; // of a message: its chat
}

export interface Hit extends Where {
  snippet: string;
  snippet_line: number;
  snippet_parts: SnippetPart[];
  score: number;
  score_parts: ScoreParts;
}

export interface SearchAnswer {
  hits: Hit[];
  matched: number;
  matched_is_exact: boolean;
  notes: string[];
  took_ms: number;
  reading: boolean;
}

export interface WordBox {
  text: string;
  confidence: number; // 0..1
  box: [left: number, top: number, right: number, bottom: number];
}

export interface Passage extends Where {
  title: string;
  text: string;
  absolute_path: string;
  before: string;
  after: string;
  words: WordBox[];
}

// ---- notes and chats ----

export interface Note {
  id: string;
  title: string;
  text: string;
  tags: string[];
  created: string | null;
}

export interface Chat {
  id: string;
  title: string;
  origin: string;
  model: string;
  created: string | null;
  updated: string | null;
  messages: number;
  branches: number;
}

export interface Message {
  id: string;
  parent: string | null;
  role: string;
  content: string;
  model: string;
  created: string | null;
}

export interface ChatPage {
  chat: Chat;
  messages: Message[]; // oldest first
  next_before: string | number | null;
}

export interface ImportReport {
  format: string;
  chats_added: number;
  chats_updated: number;
  chats_unchanged: number;
  messages_added: number;
  problems: string[];
  problems_count: number;
}

// ---- status ----

export interface SkipCount {
  reason: string;
  files: number;
  remedy: string;
  examples: string[];
}

export interface Source {
  id: number | string;
  name: string;
  root: string;
  state: string;
  files_found: number;
  files_read: number;
  files_unchanged: number;
  files_pending: number;
  files_removed: number;
  bytes_read: number;
  documents: number;
  passages: number;
  skipped: SkipCount[];
  watch: string;
}

export interface Reading {
  active: boolean;
  files_done: number;
  files_total: number;
  bytes_done: number;
  bytes_total: number;
  bytes_per_second: number;
  remaining_ms: number | null;
  current: string;
  share: number;
}

export interface Consumer {
  name: string;
  bytes: number;
  minimum_bytes: number;
  benefit: number;
  shrunk_total_bytes: number;
  target_bytes: number | null;
}

export interface Cache {
  name: string;
  policy: string;
  entries: number;
  entries_max: number;
  bytes: number;
  bytes_max: number;
  target_bytes: number | null;
  hits: number;
  misses: number;
  insertions: number;
  evictions: number;
  expirations: number;
  refused: number;
  loads: number;
  loads_failed: number;
  loads_joined: number;
  load_mean_ms: number | null;
  policy_changes: number;
  bypassed: number;
  bypassing: boolean;
}

export interface Pool {
  name: string;
  in_use: number;
  idle: number;
  capacity: number;
  bytes: number;
  acquired: number;
  reused: number;
}

export interface Status {
  version: string;
  data_dir: string;
  name: string;
  pid: number;
  address: string;
  uptime_ms: number;
  ready: boolean;
  reading: Reading;
  sources: Source[];
  search: {
    count: number;
    p50_ms: number;
    p95_ms: number;
    p99_ms: number;
    max_ms: number;
    rejected: number;
    promised_ms: number;
  };
  memory: {
    limit_bytes: number;
    limit_now_bytes: number;
    rss_bytes: number;
    rss_peak_bytes: number;
    reserved_bytes: number;
    consumers: Consumer[];
  };
  caches: Cache[];
  pools: Pool[];
  index: { passages: number; terms: number; segments: number; on_disk_bytes: number; in_memory_bytes: number };
  store: {
    documents: number;
    passages: number;
    notes: number;
    chats: number;
    messages: number;
    on_disk_bytes: number;
    durability: string;
    commits: number;
    operations: number;
  };
  warnings: string[];
}

// ---- knobs ----

export interface Knob {
  name: string;
  value: string;
  default: string;
  unit: string;
  domain: string;
  applies: string;
  help: string;
  pinned: boolean;
  changed_by: string;
}

export interface Decision {
  id: string;
  time: string | null;
  what: string;
  from: string;
  to: string;
  by: string;
  inputs: Readonly<Record<string, number | null>>;
  reason: string;
}

// ---- live events ----

// What a change of a knob tells; the rest of the knob stays as it was.
export type KnobEvent = Pick<Knob, 'name'> & Partial<Knob>;

export interface DocumentEvent {
  source: string;
  path: string;
  passages?: number;
}
