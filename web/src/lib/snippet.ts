// Text cut into lines of plain and highlighted parts: what a snippet and an opened
// passage are drawn from. No HTML is made here; parts become text nodes.

import type { SnippetPart } from './types';

export interface Line {
  number: number; // 0 where lines have no meaning
  parts: SnippetPart[];
}

// Parts may run over line ends. `firstLine` is 0 when lines have no meaning.
export function linesOf(parts: readonly SnippetPart[], firstLine: number): Line[] {
  const lines: Line[] = [{ number: firstLine, parts: [] }];
  for (const { text, match } of parts) {
    const pieces = text.split(/\r\n|\n|\r/);
    pieces.forEach((piece, i) => {
      if (i > 0) lines.push({ number: firstLine > 0 ? firstLine + lines.length : 0, parts: [] });
      if (piece !== '') lines[lines.length - 1]!.parts.push({ text: piece, match });
    });
  }
  return lines;
}

// A snippet without the empty lines at its ends.
export function snippetLines(parts: readonly SnippetPart[], firstLine: number): Line[] {
  const lines = linesOf(parts, firstLine);
  const blank = (line: Line | undefined) => line !== undefined && line.parts.every((part) => part.text.trim() === '');
  while (lines.length > 1 && blank(lines[0])) lines.shift();
  while (lines.length > 1 && blank(lines[lines.length - 1])) lines.pop();
  return lines;
}

const kTermsMax = 64; // of one query; more would only make the pattern slow

// The words to mark in an opened passage: what the server marked in the snippet (it knows
// about stems and camelCase), or the words of the query where no snippet is at hand.
export function termsOf(parts: readonly SnippetPart[], query: string): string[] {
  const marked = parts.filter((part) => part.match).map((part) => part.text.trim().toLowerCase());
  const words = query
    .replace(/(^|\s)-("[^"]*"|\S+)/g, ' ') // what is excluded is not looked for
    .replace(/\b(lang|source|role|kind|path|after|before):\S+/gi, ' ') // filters
    .replace(/\b(symbol|body):/gi, ' ')
    .split(/[^\p{L}\p{N}_]+/u)
    .map((word) => word.toLowerCase())
    .filter((word) => word.length > 1);
  const terms = new Set([...marked, ...words].filter((term) => term !== ''));
  return [...terms].slice(0, kTermsMax);
}

// Marks every occurrence of a term that begins a word; "cache" marks cache, cached and
// the cache of blockCache, not the one of scache.
export function mark(text: string, terms: readonly string[]): SnippetPart[] {
  if (terms.length === 0 || text === '') return text === '' ? [] : [{ text, match: false }];
  const longestFirst = [...terms].sort((a, b) => b.length - a.length).map(escape);
  const pattern = new RegExp(longestFirst.join('|'), 'giu');
  const parts: SnippetPart[] = [];
  let from = 0;
  for (const found of text.matchAll(pattern)) {
    const at = found.index;
    if (found[0] === '' || !beginsWord(text, at)) continue;
    if (at > from) parts.push({ text: text.slice(from, at), match: false });
    parts.push({ text: found[0], match: true });
    from = at + found[0].length;
  }
  if (from < text.length) parts.push({ text: text.slice(from), match: false });
  return parts;
}

function beginsWord(text: string, at: number): boolean {
  if (at === 0) return true;
  const before = text[at - 1]!;
  if (!/[\p{L}\p{N}]/u.test(before)) return true;
  return /\p{Lu}/u.test(text[at]!) && !/\p{Lu}/u.test(before); // a hump of camelCase
}

function escape(term: string): string {
  return term.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&').replace(/\s+/g, '\\s+');
}
