// Where the page is, as the part of the address after '#'. Everything that a person may
// want to bookmark or go back to is in it.

import { kinds, type Kind } from './types';

export type View = 'search' | 'reading' | 'charts' | 'knobs' | 'chats' | 'notes';
export const views: readonly View[] = ['search', 'reading', 'charts', 'knobs', 'chats', 'notes'];

export interface Route {
  view: View;
  q: string;
  kinds: Kind[];
  languages: string[];
  sources: string[];
  open: string; // of a search: the passage that is open
  chat: string; // the chat that is open
  at: string; // the message to show in it
}

export const start: Route = { view: 'search', q: '', kinds: [], languages: [], sources: [], open: '', chat: '', at: '' };

export function parseRoute(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split(/\?(.*)/s, 2);
  const [first = '', second = ''] = path.split('/');
  const params = new URLSearchParams(query);
  const view = views.includes(first as View) ? (first as View) : 'search';
  return {
    view,
    q: params.get('q') ?? '',
    kinds: kinds.filter((kind) => params.getAll('kind').includes(kind)),
    languages: params.getAll('lang'),
    sources: params.getAll('source'),
    open: params.get('open') ?? '',
    chat: view === 'chats' ? safeDecode(second) : '',
    at: params.get('at') ?? '',
  };
}

// The shortest address of a route; parseRoute() turns it back.
export function formatRoute(route: Partial<Route>): string {
  const r = { ...start, ...route };
  const params = new URLSearchParams();
  if (r.view === 'search') {
    if (r.q !== '') params.set('q', r.q);
    for (const kind of r.kinds) params.append('kind', kind);
    for (const language of r.languages) params.append('lang', language);
    for (const source of r.sources) params.append('source', source);
    if (r.open !== '') params.set('open', r.open);
  }
  if (r.view === 'chats' && r.at !== '') params.set('at', r.at);
  const chat = r.view === 'chats' && r.chat !== '' ? `/${encodeURIComponent(r.chat)}` : '';
  const query = params.toString();
  return `#/${r.view}${chat}${query === '' ? '' : `?${query}`}`;
}

function safeDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
