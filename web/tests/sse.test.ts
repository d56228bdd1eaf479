import { describe, expect, it } from 'vitest';
import { Backoff, EventFeed, SseParser, type FeedState, type ServerEvent } from '../src/lib/sse';

function parsed(chunks: string[], max?: number) {
  const events: ServerEvent[] = [];
  const parser = new SseParser((event) => events.push(event), max);
  for (const chunk of chunks) parser.push(chunk);
  return { events, parser };
}

describe('SseParser', () => {
  const stream = 'id: 7\nevent: status\ndata: {"a":1}\n\n: ping\n\nevent: note\r\ndata: x\r\ndata: y\r\n\r\nid: 9\rdata\r\rdata: end';

  it('reads events with ids, types and data of several lines', () => {
    expect(parsed([stream]).events).toEqual([
      { id: '7', type: 'status', data: '{"a":1}' },
      { id: '7', type: 'note', data: 'x\ny' },
      { id: '9', type: 'message', data: '' },
    ]);
  });

  it('gives the same events wherever the stream is cut', () => {
    const whole = parsed([stream]).events;
    for (let i = 1; i < stream.length; ++i) {
      for (let j = i; j < stream.length; j += 7) {
        const { events } = parsed([stream.slice(0, i), stream.slice(i, j), stream.slice(j)]);
        expect(events).toEqual(whole);
      }
    }
    expect(parsed([...stream]).events).toEqual(whole);
  });

  it('ignores a byte order mark, unknown fields, ids with NUL and an unfinished event', () => {
    expect(parsed(['\uFEFFdata: a\nwhat: ever\nid: a\0b\n\ndata: lost']).events).toEqual([
      { id: '', type: 'message', data: 'a' },
    ]);
  });

  it('takes only one space off a value', () => {
    expect(parsed(['data:  a\n\ndata:b\n\n']).events.map((e) => e.data)).toEqual([' a', 'b']);
  });

  it('keeps the server\'s retry time when it is a number', () => {
    expect(parsed(['retry: 1500\n\nretry: soon\n\n']).parser.retryMs).toBe(1500);
  });

  it('drops and counts an event that is too large, in one line or in many, and goes on', () => {
    for (const big of [`data: ${'x'.repeat(300)}\n`, 'data: 0123456789\n'.repeat(30)]) {
      const text = `data: before\n\nid: 5\n${big}\nid: 6\ndata: after\n\n`;
      for (const size of [1, 13, 1000]) {
        const chunks = text.match(new RegExp(`[^]{1,${size}}`, 'g'))!;
        const { events, parser } = parsed(chunks, 100);
        expect(events.map((e) => e.data)).toEqual(['before', 'after']);
        expect(parser.dropped).toBe(1);
        expect(parser.lastEventId).toBe('6');
      }
    }
  });
});

describe('Backoff', () => {
  it('doubles up to its limit, stays in the upper half and starts over after a reset', () => {
    const low = new Backoff(500, 10_000, () => 0);
    expect([1, 2, 3, 4, 5, 6].map(() => low.next())).toEqual([250, 500, 1000, 2000, 4000, 5000]);
    const high = new Backoff(500, 10_000, () => 0.999);
    for (let i = 0; i < 2000; ++i) expect(high.next()).toBeLessThan(10_000);
    high.reset();
    expect(high.next()).toBeLessThan(500);
  });
});

describe('EventFeed', () => {
  const body = (text: string) => new Response(new Blob([text]).stream(), { status: 200 });
  const never = () => new Promise<Response>(() => {});

  it('resumes after the last event seen, and asks for a token on 401', async () => {
    const asked: Record<string, string>[] = [];
    const answers = [
      () => new Response(null, { status: 401 }),
      () => body('id: 41\ndata: a\n\n'),
      () => body('id: 42\ndata: b\n\n'),
    ];
    const events: string[] = [];
    const states: FeedState[] = [];
    let token = '';
    const feed: EventFeed = new EventFeed({
      url: '/v1/events',
      startId: '0',
      random: () => 0,
      headers: (): Record<string, string> => (token === '' ? {} : { Authorization: token }),
      onEvent: (event) => events.push(event.data),
      onState: (state) => {
        states.push(state);
        if (state.kind === 'waiting') setTimeout(() => feed.retryNow());
      },
      onUnauthorized: async () => {
        token = 'Bearer t';
        return true;
      },
      fetcher: async (_url, init) => {
        asked.push(init!.headers as Record<string, string>);
        const next = answers.shift();
        if (next !== undefined) return next();
        feed.stop();
        return never();
      },
    });
    void feed.run();
    await expect.poll(() => asked.length).toBe(4);
    expect(asked.map((headers) => headers['Last-Event-ID'])).toEqual(['0', '0', '41', '42']);
    expect(asked.map((headers) => headers['Authorization'])).toEqual([undefined, 'Bearer t', 'Bearer t', 'Bearer t']);
    expect(events).toEqual(['a', 'b']);
    expect(states.map((s) => s.kind)).toContain('live');
  });

  it('takes a stream without events for dead and starts from the beginning', async () => {
    const asked: (string | undefined)[] = [];
    const reasons: string[] = [];
    const feed: EventFeed = new EventFeed({
      url: '/v1/events',
      startId: '0',
      silenceMs: 5,
      headers: () => ({}),
      onEvent: () => {},
      onState: (state) => {
        if (state.kind !== 'waiting') return;
        reasons.push(state.reason);
        if (reasons.length < 2) setTimeout(() => feed.retryNow());
        else feed.stop();
      },
      onUnauthorized: async () => false,
      fetcher: (_url, init) => {
        asked.push((init!.headers as Record<string, string>)['Last-Event-ID']);
        let open!: ReadableStreamDefaultController<Uint8Array>;
        const stream = new ReadableStream<Uint8Array>({
          start: (controller) => {
            open = controller;
            controller.enqueue(new TextEncoder().encode(asked.length === 1 ? 'id: 900\ndata: x\n\n: ping\n\n' : ': ping\n\n'));
          },
        });
        init!.signal!.addEventListener('abort', () => open.error(new DOMException('', 'AbortError')));
        return Promise.resolve(new Response(stream));
      },
    });
    await feed.run();
    expect(asked).toEqual(['0', '0']);
    expect(reasons).toEqual(['the server fell silent', 'the server fell silent']);
  });
});
