// What can go wrong when asking the server, in words a person can act on. The server
// answers errors as RFC 9457 problem documents; everything else is mapped here.

export class Problem extends Error {
  override readonly name = 'Problem';
  constructor(
    readonly status: number, // 0: the server was not reached
    readonly title: string,
    readonly detail: string,
    readonly remedy = '',
    readonly field = '',
    readonly retryAfterMs = 0, // > 0: asking again then may help
  ) {
    super(detail === '' ? title : `${title}: ${detail}`);
  }

  get busy(): boolean {
    return this.status === 503;
  }
}

// Said instead of the reason phrases of HTTP, which are what servers put into a title.
const titles: Record<number, string> = {
  400: 'That cannot be done so',
  401: 'A token is needed',
  403: 'Not allowed',
  404: 'Not found',
  408: 'The request took too long to arrive',
  409: 'In conflict with what is there',
  413: 'Too large',
  429: 'Too many requests',
  500: 'Something broke in the server',
  503: 'Busy',
};

const kRetryMin = 250; // asking more often than four times a second helps nobody
const kRetryMax = 60_000; // a person should not wait longer than that without a new try

// The wait that a 503 or 429 asks for. `retry_after_ms` of the problem document is finer
// than the whole seconds of the header, so it wins.
export function retryAfterMs(header: string | null, body: unknown): number {
  const exact = member(body, 'retry_after_ms');
  if (typeof exact === 'number' && Number.isFinite(exact)) return clamp(exact);
  const seconds = header === null ? NaN : Number(header);
  return Number.isFinite(seconds) ? clamp(seconds * 1000) : 1000;
}

// Reads the whole answer, which must be one with an error status.
export async function problemFrom(response: Response): Promise<Problem> {
  let body: unknown;
  let text = '';
  try {
    text = await response.text();
    body = JSON.parse(text);
  } catch {
    body = undefined; // a proxy's page or a cut connection: the status must do
  }
  const title = titles[response.status] || string(body, 'title') || `The server answered ${response.status}`;
  const detail = string(body, 'detail') || (body === undefined && text.length < 200 ? text.trim() : '');
  const waits = response.status === 503 || response.status === 429;
  return new Problem(
    response.status,
    title,
    detail,
    string(body, 'remedy'),
    string(body, 'field'),
    waits ? retryAfterMs(response.headers.get('Retry-After'), body) : 0,
  );
}

export function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}

// Every error becomes a Problem, so that views show one kind of thing.
export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  // fetch() throws a TypeError when no connection comes about.
  if (error instanceof TypeError)
    return new Problem(0, 'The server cannot be reached', '', 'Is attune still running? It is tried again by itself.');
  return new Problem(0, 'Something went wrong in the page', error instanceof Error ? error.message : String(error));
}

function member(body: unknown, key: string): unknown {
  return typeof body === 'object' && body !== null ? (body as Record<string, unknown>)[key] : undefined;
}

function string(body: unknown, key: string): string {
  const value = member(body, key);
  return typeof value === 'string' ? value : '';
}

function clamp(ms: number): number {
  return Math.min(kRetryMax, Math.max(kRetryMin, Math.ceil(ms)));
}
