// Server-sent events over fetch(): EventSource cannot send an Authorization header.
// The parser follows https://html.spec.whatwg.org/multipage/server-sent-events.html
// with one addition: an event has a largest size, so that a broken stream cannot fill
// the tab's memory.

export interface ServerEvent {
  id: string; // the last id seen, as the standard has it
  type: string;
  data: string;
}

// A status event of a folder with thousands of skip examples stays below 1 MiB of text.
export const kEventCharsMax = 4 << 20;

export class SseParser {
  lastEventId = '';
  retryMs: number | null = null; // what the server asked for
  dropped = 0; // events above the largest size

  private rest = ''; // the unfinished line
  private data: string[] = [];
  private size = 0; // characters of the event so far, `rest` excluded
  private type = '';
  private id: string | null = null;
  private skipping = false; // until the end of an event that is too large
  private started = false;

  constructor(
    private readonly emit: (event: ServerEvent) => void,
    private readonly charsMax = kEventCharsMax,
  ) {}

  push(chunk: string): void {
    if (chunk === '') return;
    if (!this.started) {
      this.started = true;
      if (chunk.startsWith('\uFEFF')) chunk = chunk.slice(1);
    }
    const text = this.rest + chunk;
    let begin = 0;
    // What is left over holds no line end, except perhaps a final \r that waits for its \n.
    for (let i = Math.max(0, this.rest.length - 1); i < text.length; ++i) {
      const c = text[i];
      if (c !== '\n' && c !== '\r') continue;
      if (c === '\r' && i + 1 === text.length) break; // its \n may come in the next chunk
      this.line(text.slice(begin, i));
      if (c === '\r' && text[i + 1] === '\n') ++i;
      begin = i + 1;
    }
    this.rest = text.slice(begin);
    if (this.size + this.rest.length > this.charsMax) {
      this.skipping = true;
      this.data = [];
      // The remainder of this line counts as a comment; that it ends is still noticed.
      if (this.rest.length > 1) this.rest = this.rest.endsWith('\r') ? ':\r' : ':';
    }
  }

  private line(line: string): void {
    if (line === '') return this.finish();
    this.size += line.length;
    if (this.size > this.charsMax) this.skipping = true;
    if (this.skipping || line.startsWith(':')) return;
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    let value = colon < 0 ? '' : line.slice(colon + 1);
    if (value.startsWith(' ')) value = value.slice(1);
    if (field === 'data') this.data.push(value);
    else if (field === 'event') this.type = value;
    else if (field === 'id' && !value.includes('\0')) this.id = value;
    else if (field === 'retry' && /^\d+$/.test(value)) this.retryMs = Number(value);
  }

  private finish(): void {
    if (this.skipping) ++this.dropped;
    if (this.id !== null) this.lastEventId = this.id;
    const event = { id: this.lastEventId, type: this.type || 'message', data: this.data.join('\n') };
    const empty = this.skipping || this.data.length === 0;
    this.data = [];
    this.size = 0;
    this.type = '';
    this.id = null;
    this.skipping = false;
    if (!empty) this.emit(event);
  }
}

// Full-jitter back-off: the upper end doubles up to a limit, the wait is anywhere in the
// upper half of it, so that many tabs do not return at the same moment.
export class Backoff {
  private tries = 0;
  constructor(
    private readonly firstMs: number,
    private readonly maxMs: number,
    private readonly random: () => number = Math.random,
  ) {}

  next(): number {
    const top = Math.min(this.maxMs, this.firstMs * 2 ** Math.min(this.tries++, 20));
    return top / 2 + (top / 2) * this.random();
  }
  reset(): void {
    this.tries = 0;
  }
}

export type FeedState = { kind: 'connecting' } | { kind: 'live' } | { kind: 'waiting'; ms: number; reason: string };

export interface FeedOptions {
  url: string;
  headers: () => Record<string, string>;
  onEvent: (event: ServerEvent) => void;
  onState: (state: FeedState) => void;
  onUnauthorized: () => Promise<boolean>; // true: try again now
  fetcher?: typeof fetch;
  random?: () => number;
  silenceMs?: number; // a stream without any event for so long is taken for dead
  startId?: string; // the first Last-Event-ID; '0' asks for everything that is still kept
}

// The server sends its status every second, so ten seconds without an event mean that the
// connection is dead, or that the server was started anew and does not know our last id.
const kSilenceMs = 10_000;

// Follows a stream until stop(): reconnects from the last event seen, waits longer after
// each failure, notices a connection that died without saying so.
export class EventFeed {
  private stopped = false;
  private readonly abort = new AbortController();
  private lastEventId: string;
  private wake: (() => void) | null = null;

  constructor(private readonly options: FeedOptions) {
    this.lastEventId = options.startId ?? '';
  }

  async run(): Promise<void> {
    const backoff = new Backoff(500, 10_000, this.options.random);
    while (!this.stopped) {
      this.options.onState({ kind: 'connecting' });
      const reason = await this.follow(() => backoff.reset());
      if (this.stopped) return;
      if (reason === 'unauthorized' && (await this.options.onUnauthorized())) continue;
      const ms = backoff.next();
      this.options.onState({ kind: 'waiting', ms, reason });
      await this.pause(ms);
    }
  }

  // Does not wait any longer before the next try.
  retryNow(): void {
    this.wake?.();
  }

  stop(): void {
    this.stopped = true;
    this.abort.abort();
    this.wake?.();
  }

  // One connection from beginning to end; returns why it ended.
  private async follow(onEvent: () => void): Promise<string> {
    const connection = new AbortController();
    const stop = () => connection.abort();
    this.abort.signal.addEventListener('abort', stop);
    let silent = false;
    let watchdog: ReturnType<typeof setTimeout> | undefined;
    const heard = () => {
      clearTimeout(watchdog);
      watchdog = setTimeout(() => {
        silent = true;
        connection.abort();
      }, this.options.silenceMs ?? kSilenceMs);
    };
    try {
      heard();
      const response = await (this.options.fetcher ?? fetch)(this.options.url, {
        headers: this.requestHeaders(),
        cache: 'no-store',
        signal: connection.signal,
      });
      if (response.status === 401) return 'unauthorized';
      if (!response.ok || response.body === null) return `the server answered ${response.status}`;
      this.options.onState({ kind: 'live' });
      await this.read(response.body, () => {
        heard();
        onEvent();
      });
      return 'the server closed the stream';
    } catch {
      if (!silent) return 'the server cannot be reached';
      this.lastEventId = this.options.startId ?? ''; // from the start: it may not know our id
      return 'the server fell silent';
    } finally {
      clearTimeout(watchdog);
      this.abort.signal.removeEventListener('abort', stop);
      connection.abort();
    }
  }

  private async read(body: ReadableStream<Uint8Array>, onEvent: () => void): Promise<void> {
    const parser = new SseParser((event) => {
      onEvent();
      this.lastEventId = event.id;
      this.options.onEvent(event);
    });
    parser.lastEventId = this.lastEventId;
    const decoder = new TextDecoder();
    const reader = body.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      parser.push(decoder.decode(value, { stream: true }));
    }
  }

  private requestHeaders(): Record<string, string> {
    const headers: Record<string, string> = { Accept: 'text/event-stream', ...this.options.headers() };
    if (this.lastEventId !== '') headers['Last-Event-ID'] = this.lastEventId;
    return headers;
  }

  private pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.wake = null;
        resolve();
      };
      const timer = setTimeout(done, ms);
      this.wake = done;
    });
  }
}
