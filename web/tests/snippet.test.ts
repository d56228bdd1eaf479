import { describe, expect, it } from 'vitest';
import { linesOf, mark, snippetLines, termsOf } from '../src/lib/snippet';

const plain = (text: string) => ({ text, match: false });
const hit = (text: string) => ({ text, match: true });

describe('linesOf', () => {
  it('cuts parts at line ends, also inside a match, and numbers the lines', () => {
    expect(linesOf([plain('int a;\nint '), hit('cache\nline'), plain(';')], 41)).toEqual([
      { number: 41, parts: [plain('int a;')] },
      { number: 42, parts: [plain('int '), hit('cache')] },
      { number: 43, parts: [hit('line'), plain(';')] },
    ]);
  });

  it('numbers nothing where lines have no meaning and knows all line ends', () => {
    expect(linesOf([plain('a\r\nb\rc\n')], 0).map((line) => line.number)).toEqual([0, 0, 0, 0]);
    expect(linesOf([], 5)).toEqual([{ number: 5, parts: [] }]);
  });

  it('keeps the right number when empty lines are cut from the ends of a snippet', () => {
    expect(snippetLines([plain('\n  \n'), hit('x'), plain('\n\n')], 7)).toEqual([{ number: 9, parts: [hit('x')] }]);
    expect(snippetLines([plain('\n')], 7)).toHaveLength(1);
  });
});

describe('termsOf', () => {
  it('joins what the server marked with the words of the query', () => {
    const query = 'cache "group commit" -slow -"not this" lang:cpp path:src/** symbol:Open a';
    expect(termsOf([plain('the '), hit('Cached'), plain(' x')], query).sort()).toEqual(
      ['cache', 'cached', 'commit', 'group', 'open'],
    );
  });

  it('stays small for an absurd query', () => {
    expect(termsOf([], Array.from({ length: 1000 }, (_, i) => `word${i}`).join(' '))).toHaveLength(64);
  });
});

describe('mark', () => {
  it('loses and adds no character', () => {
    const text = 'Über-cache: blockCache, CACHE_SIZE scache (cache)';
    const parts = mark(text, ['cache', 'über', '(', 'c']);
    expect(parts.map((p) => p.text).join('')).toBe(text);
  });

  it('marks words and humps of camelCase but not the middle of a word', () => {
    const marked = mark('cache blockCache CACHE scache precached', ['cache']).filter((p) => p.match);
    expect(marked.map((p) => p.text)).toEqual(['cache', 'Cache', 'CACHE']);
  });

  it('treats terms as text, not as a pattern', () => {
    expect(mark('a.b axb', ['a.b'])).toEqual([hit('a.b'), plain(' axb')]);
    expect(mark('c++ [x]', ['c++', '[x]'])).toEqual([hit('c++'), plain(' '), hit('[x]')]);
  });

  it('prefers the longest term and leaves text without terms alone', () => {
    expect(mark('caching', ['cach', 'caching'])).toEqual([hit('caching')]);
    expect(mark('abc', [])).toEqual([plain('abc')]);
    expect(mark('', ['a'])).toEqual([]);
  });
});
