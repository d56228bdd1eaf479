import { describe, expect, it } from 'vitest';
import { Api, searchParams } from '../src/lib/api';
import { asProblem, isAbort, Problem, problemFrom, retryAfterMs } from '../src/lib/problem';
import { TokenDesk } from '../src/lib/token';

function answer(status: number, body: unknown, headers: Record<string, string> = {}) {
  return new Response(typeof body === 'string' ? body : JSON.stringify(body), { status, headers });
}

class Memory {
  readonly values = new Map<string, string>();
  getItem = (key: string) => this.values.get(key) ?? null;
  setItem = (key: string, value: string) => void this.values.set(key, value);
  removeItem = (key: string) => void this.values.delete(key);
}

describe('problemFrom', () => {
  it('takes detail, remedy and field of a problem document and says its status in words', async () => {
    const body = { type: 'about:blank', title: 'Bad Request', status: 400, detail: '999 > 64', remedy: 'Give 1..64.', field: 'value' };
    const problem = await problemFrom(answer(400, body));
    expect(problem).toMatchObject({ status: 400, title: 'That cannot be done so', detail: '999 > 64', remedy: 'Give 1..64.', field: 'value' });
    expect(problem.message).toBe('That cannot be done so: 999 > 64');
    expect(problem.busy).toBe(false);
  });

  it('makes do with a status when the body is something else', async () => {
    expect(await problemFrom(answer(413, '<html>'.repeat(100)))).toMatchObject({ title: 'Too large', detail: '' });
    expect(await problemFrom(answer(502, 'bad gateway'))).toMatchObject({ title: 'The server answered 502', detail: 'bad gateway' });
    expect(await problemFrom(answer(507, '[1,2]'))).toMatchObject({ title: 'The server answered 507' });
    expect(await problemFrom(answer(418, { title: 'Teapot' }))).toMatchObject({ title: 'Teapot' });
  });

  it('knows how long to wait when the server is busy', async () => {
    expect(await problemFrom(answer(503, { retry_after_ms: 700 }, { 'Retry-After': '1' }))).toMatchObject({ busy: true, retryAfterMs: 700 });
    expect(await problemFrom(answer(503, '', { 'Retry-After': '3' }))).toMatchObject({ retryAfterMs: 3000 });
    expect((await problemFrom(answer(404, { retry_after_ms: 700 }))).retryAfterMs).toBe(0);
    expect(retryAfterMs(null, null)).toBe(1000);
    expect(retryAfterMs('Fri, 20 Nov 2026 12:00:00 GMT', {})).toBe(1000);
    expect(retryAfterMs('0', {})).toBe(250);
    expect(retryAfterMs('1e9', {})).toBe(60_000);
  });

  it('turns a failed connection into words and leaves an abort alone', () => {
    expect(asProblem(new TypeError('Failed to fetch'))).toMatchObject({ status: 0, title: 'The server cannot be reached' });
    expect(asProblem('odd')).toMatchObject({ detail: 'odd' });
    expect(isAbort(new DOMException('x', 'AbortError'))).toBe(true);
  });
});

describe('Api', () => {
  it('sends every filter as its own parameter', () => {
    const params = searchParams({ q: 'a&b', limit: 20, kinds: ['code', 'note'], languages: ['cpp'], sources: ['x y'] });
    expect(params.toString()).toBe('q=a%26b&limit=20&kind=code&kind=note&lang=cpp&source=x+y');
  });

  it('asks for a token once for many requests and sends it from then on', async () => {
    let asked = 0;
    const desk = new TokenDesk(new Memory(), async () => (++asked, 'secret'));
    const api = new Api(desk, async (_path, init) => {
      const sent = (init!.headers as Record<string, string>)['Authorization'];
      return sent === 'Bearer secret' ? answer(200, { knobs: [] }) : answer(401, {});
    });
    await Promise.all([api.knobs(), api.knobs(), api.knobs()]);
    await api.knobs();
    expect(asked).toBe(1);
  });

  it('asks again for a token that is refused, and gives up when none is given', async () => {
    const given = ['wrong', 'wrong too', null];
    const refusals: boolean[] = [];
    const memory = new Memory();
    const desk = new TokenDesk(memory, async (refused) => {
      refusals.push(refused);
      return given.shift()!;
    });
    const api = new Api(desk, async () => answer(401, {}));
    await expect(api.status()).rejects.toMatchObject({ status: 401, title: 'A token is needed' });
    expect(refusals).toEqual([false, true, true]);
    await expect(api.status()).rejects.toMatchObject({ status: 401 });
    expect(refusals).toHaveLength(3); // not asked again unasked
    given.push(null);
    desk.mayAskAgain();
    await expect(api.status()).rejects.toMatchObject({ status: 401 });
    expect(refusals).toHaveLength(4);
    expect(memory.values.size).toBe(0);
  });

  it('passes an abort on and reports everything else as a Problem', async () => {
    const desk = new TokenDesk(new Memory(), async () => null);
    const aborted = new Api(desk, async () => {
      throw new DOMException('x', 'AbortError');
    });
    await expect(aborted.status()).rejects.toSatisfy(isAbort);
    const down = new Api(desk, async () => {
      throw new TypeError('fetch failed');
    });
    await expect(down.status()).rejects.toBeInstanceOf(Problem);
    const garbled = new Api(desk, async () => answer(200, 'not json'));
    await expect(garbled.status()).rejects.toMatchObject({ title: 'The answer could not be read' });
  });
});
