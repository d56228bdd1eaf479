// The HTTP interface as functions. Each resolves with the answer or rejects with a
// Problem; an aborted request rejects with the AbortError of fetch().

import { asProblem, isAbort, Problem, problemFrom } from './problem';
import type { TokenDesk } from './token';
import type { Chat, ChatPage, Decision, ImportReport, Kind, Knob, Note, Passage, SearchAnswer, Source, Status } from './types';

export interface SearchQuestion {
  q: string;
  limit: number;
  kinds: readonly Kind[];
  languages: readonly string[];
  sources: readonly string[];
}

export interface NoteDraft {
  text: string;
  title: string;
  tags: string[];
}

interface Options {
  body?: unknown; // sent as JSON, a Blob as it is
  signal?: AbortSignal;
}

export class Api {
  constructor(
    private readonly token: TokenDesk,
    private readonly fetcher: typeof fetch = (...request) => fetch(...request),
  ) {}

  search(question: SearchQuestion, signal?: AbortSignal): Promise<SearchAnswer> {
    return this.json('GET', `/v1/search?${searchParams(question)}`, { signal });
  }
  passage(id: string, signal?: AbortSignal): Promise<Passage> {
    return this.json('GET', `/v1/passages/${encodeURIComponent(id)}`, { signal });
  }

  status(): Promise<Status> {
    return this.json('GET', '/v1/status');
  }
  addSource(root: string, name: string): Promise<Source> {
    return this.json('POST', '/v1/sources', { body: name === '' ? { root } : { root, name } });
  }
  async removeSource(name: string): Promise<void> {
    await this.send('DELETE', `/v1/sources/${encodeURIComponent(name)}`);
  }

  async knobs(): Promise<Knob[]> {
    return (await this.json<{ knobs: Knob[] }>('GET', '/v1/knobs')).knobs;
  }
  pin(name: string, value: string): Promise<Knob> {
    return this.json('PUT', `/v1/knobs/${encodeURIComponent(name)}`, { body: { value } });
  }
  unpin(name: string): Promise<Knob> {
    return this.json('DELETE', `/v1/knobs/${encodeURIComponent(name)}`);
  }

  async journal(about: string, limit: number, before?: string): Promise<Decision[]> {
    const params = page(limit, before);
    if (about !== '') params.set('about', about);
    return (await this.json<{ decisions: Decision[] }>('GET', `/v1/journal?${params}`)).decisions;
  }

  async notes(limit: number, before?: string): Promise<Note[]> {
    return (await this.json<{ notes: Note[] }>('GET', `/v1/notes?${page(limit, before)}`)).notes;
  }
  remember(draft: NoteDraft): Promise<Note> {
    return this.json('POST', '/v1/notes', { body: draft });
  }
  async forget(note: string): Promise<void> {
    await this.send('DELETE', `/v1/notes/${encodeURIComponent(note)}`);
  }

  async chats(limit: number, before?: string): Promise<Chat[]> {
    return (await this.json<{ chats: Chat[] }>('GET', `/v1/chats?${page(limit, before)}`)).chats;
  }
  chat(id: string, limit: number, where: { leaf?: string; before?: string } = {}): Promise<ChatPage> {
    const params = page(limit, where.before);
    if (where.leaf !== undefined) params.set('leaf', where.leaf);
    return this.json('GET', `/v1/chats/${encodeURIComponent(id)}?${params}`);
  }
  async deleteChat(id: string): Promise<void> {
    await this.send('DELETE', `/v1/chats/${encodeURIComponent(id)}`);
  }
  importChats(file: File): Promise<ImportReport> {
    return this.json('POST', `/v1/chats/import?name=${encodeURIComponent(file.name.slice(-80))}`, { body: file });
  }
  exportPath(id: string, format: string): string {
    return `/v1/chats/${encodeURIComponent(id)}/export?format=${format}`;
  }
  async exported(id: string, format: string): Promise<Blob> {
    return (await this.send('GET', this.exportPath(id, format))).blob();
  }

  private async json<T>(method: string, path: string, options: Options = {}): Promise<T> {
    const response = await this.send(method, path, options);
    try {
      return (await response.json()) as T;
    } catch (error) {
      if (isAbort(error)) throw error;
      throw new Problem(response.status, 'The answer could not be read', path);
    }
  }

  private async send(method: string, path: string, options: Options = {}): Promise<Response> {
    let used = this.token.current();
    let response = await this.once(method, path, options);
    // Once more after each token that was typed in; the person ends it by giving none.
    while (response.status === 401) {
      const token = await this.token.renew(used);
      if (token === null) break;
      used = token;
      response = await this.once(method, path, options);
    }
    if (!response.ok) throw await problemFrom(response);
    return response;
  }

  private async once(method: string, path: string, { body, signal }: Options): Promise<Response> {
    const headers: Record<string, string> = { Accept: 'application/json', ...this.token.headers() };
    let payload: BodyInit | undefined;
    if (body instanceof Blob) {
      headers['Content-Type'] = 'application/octet-stream';
      payload = body;
    } else if (body !== undefined) {
      headers['Content-Type'] = 'application/json';
      payload = JSON.stringify(body);
    }
    try {
      return await this.fetcher(path, { method, headers, body: payload, signal: signal ?? null, cache: 'no-store' });
    } catch (error) {
      if (isAbort(error)) throw error;
      throw asProblem(error);
    }
  }
}

export function searchParams({ q, limit, kinds, languages, sources }: SearchQuestion): URLSearchParams {
  const params = new URLSearchParams({ q, limit: String(limit) });
  for (const kind of kinds) params.append('kind', kind);
  for (const language of languages) params.append('lang', language);
  for (const source of sources) params.append('source', source);
  return params;
}

function page(limit: number, before?: string): URLSearchParams {
  const params = new URLSearchParams({ limit: String(limit) });
  if (before !== undefined) params.set('before', before);
  return params;
}
