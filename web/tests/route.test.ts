import { describe, expect, it } from 'vitest';
import { formatRoute, parseRoute, start } from '../src/lib/route';

describe('routes', () => {
  it('come back as they were written', () => {
    const routes = [
      start,
      { ...start, q: 'a&b #c?d=e', kinds: ['code' as const, 'note' as const], languages: ['c++'], sources: ['x/y'], open: 'p1' },
      { ...start, view: 'chats' as const, chat: 'c3', at: 'm42' },
      { ...start, view: 'knobs' as const },
    ];
    for (const route of routes) expect(parseRoute(formatRoute(route))).toEqual(route);
  });

  it('lead to the search when they mean nothing', () => {
    for (const odd of ['', '#', '#/', '#nowhere', '#/nowhere/x?y']) expect(parseRoute(odd).view).toBe('search');
    expect(parseRoute('#/search?kind=bogus&kind=code').kinds).toEqual(['code']);
    expect(parseRoute('#/chats/%zz').chat).toBe('%zz');
  });

  it('carry only what their view needs', () => {
    expect(formatRoute({ view: 'knobs', q: 'x', open: 'p1' })).toBe('#/knobs');
  });
});
