// The part of Markdown that chats are written in, parsed into plain data: fenced code,
// headings, lists, quotes, rules, tables, and within a line code, strong, emphasis and
// links. The page draws it with text nodes, so nothing in a message can become HTML.

export type Inline =
  | { type: 'text'; text: string }
  | { type: 'code'; text: string }
  | { type: 'strong'; children: Inline[] }
  | { type: 'em'; children: Inline[] }
  | { type: 'del'; children: Inline[] }
  | { type: 'link'; href: string; children: Inline[] };

export type Block =
  | { type: 'paragraph'; children: Inline[] }
  | { type: 'heading'; level: number; children: Inline[] }
  | { type: 'code'; language: string; text: string }
  | { type: 'list'; ordered: boolean; start: number; items: Block[][] }
  | { type: 'quote'; children: Block[] }
  | { type: 'table'; head: Inline[][]; rows: Inline[][][] }
  | { type: 'rule' };

const kDepthMax = 8; // of quotes and lists in each other; deeper ones become text

export function parse(text: string, depth = 0): Block[] {
  const lines = text.replace(/\r\n?/g, '\n').split('\n');
  const blocks: Block[] = [];
  for (let i = 0; i < lines.length; ) {
    const taken = blockAt(lines, i, depth);
    if (taken === null) {
      ++i;
      continue;
    }
    blocks.push(taken.block);
    i = taken.next;
  }
  return blocks;
}

interface Taken {
  block: Block;
  next: number; // the line after the block
}

const fence = /^ {0,3}(`{3,}|~{3,})\s*([^\s`]*)[^`]*$/;
const heading = /^ {0,3}(#{1,6})\s+(.*?)\s*#*\s*$/;
const rule = /^ {0,3}([-*_])(?:\s*\1){2,}\s*$/;
const quote = /^ {0,3}> ?/;
const item = /^( {0,3})([-*+]|\d{1,9}[.)])(\s+)(?=\S)/;
const tableRule = /^ {0,3}\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$/;

function blockAt(lines: readonly string[], i: number, depth: number): Taken | null {
  const line = lines[i]!;
  if (line.trim() === '') return null;
  const open = fence.exec(line);
  if (open !== null) return codeAt(lines, i, open[1]!, open[2]!);
  const title = heading.exec(line);
  if (title !== null)
    return { block: { type: 'heading', level: title[1]!.length, children: inlines(title[2]!) }, next: i + 1 };
  if (rule.test(line)) return { block: { type: 'rule' }, next: i + 1 };
  if (depth < kDepthMax && quote.test(line)) return quoteAt(lines, i, depth);
  if (depth < kDepthMax && item.test(line)) return listAt(lines, i, depth);
  if (line.includes('|') && tableRule.test(lines[i + 1] ?? '') && lines[i + 1]!.includes('-')) return tableAt(lines, i);
  return paragraphAt(lines, i, depth);
}

// An open fence runs to the end, as an interrupted answer of an assistant does.
function codeAt(lines: readonly string[], i: number, mark: string, language: string): Taken {
  const closing = new RegExp(`^ {0,3}${mark[0] === '~' ? '~' : '`'}{${mark.length},}\\s*$`);
  const text: string[] = [];
  let next = i + 1;
  while (next < lines.length && !closing.test(lines[next]!)) text.push(lines[next++]!);
  return { block: { type: 'code', language, text: text.join('\n') }, next: next + 1 };
}

function quoteAt(lines: readonly string[], i: number, depth: number): Taken {
  const inner: string[] = [];
  while (i < lines.length && quote.test(lines[i]!)) inner.push(lines[i++]!.replace(quote, ''));
  return { block: { type: 'quote', children: parse(inner.join('\n'), depth + 1) }, next: i };
}

function listAt(lines: readonly string[], i: number, depth: number): Taken {
  const first = item.exec(lines[i]!)!;
  const ordered = /\d/.test(first[2]!);
  const items: Block[][] = [];
  while (i < lines.length) {
    const start = item.exec(lines[i]!);
    if (start === null || /\d/.test(start[2]!) !== ordered || rule.test(lines[i]!)) break;
    const indent = start[1]!.length + start[2]!.length + Math.min(start[3]!.length, 4);
    const inner = [lines[i]!.slice(start[0].length)];
    for (++i; i < lines.length; ++i) {
      const line = lines[i]!;
      const blank = line.trim() === '';
      if (blank ? !continues(lines[i + 1], indent) : !continues(line, Math.min(indent, 2))) break;
      inner.push(blank ? '' : line.replace(new RegExp(`^ {1,${indent}}`), ''));
    }
    items.push(parse(inner.join('\n'), depth + 1));
    // One empty line between items keeps them in one list.
    if (lines[i]?.trim() === '' && item.test(lines[i + 1] ?? '')) ++i;
  }
  return { block: { type: 'list', ordered, start: ordered ? Number.parseInt(first[2]!, 10) : 1, items }, next: i };
}

function continues(line: string | undefined, indent: number): boolean {
  return line !== undefined && line.trim() !== '' && /^ */.exec(line)![0].length >= indent;
}

function tableAt(lines: readonly string[], i: number): Taken {
  const head = cells(lines[i]!);
  const rows: Inline[][][] = [];
  let next = i + 2;
  while (next < lines.length && lines[next]!.includes('|')) rows.push(cells(lines[next++]!));
  return { block: { type: 'table', head, rows }, next };
}

function cells(line: string): Inline[][] {
  const inner = line.trim().replace(/^\|/, '').replace(/\|$/, '');
  return inner.split(/(?<!\\)\|/).map((cell) => inlines(cell.trim().replace(/\\\|/g, '|')));
}

function paragraphAt(lines: readonly string[], i: number, depth: number): Taken {
  const text = [lines[i]!];
  for (++i; i < lines.length; ++i) {
    const line = lines[i]!;
    if (line.trim() === '' || fence.test(line) || heading.test(line) || rule.test(line)) break;
    if (depth < kDepthMax && (quote.test(line) || item.test(line))) break;
    text.push(line);
  }
  return { block: { type: 'paragraph', children: inlines(text.join('\n')) }, next: i };
}

const kInlineDepthMax = 6;
// Marks within a line, at the place where the scan stands. Each alternative is bounded by
// a character that it cannot contain, so that the scan stays linear.
const inlinePattern =
  /(`+)([^`]|[^`][\s\S]{0,2000}?[^`])\1(?!`)|\[([^\][]{1,500})\]\(\s*<?([^\s()<>]{1,2000}(?:\([^\s()<>]{0,200}\))?)>?[^()\n]{0,200}\)|(\*\*|__|~~)(?=\S)([^\n]{1,2000}?\S|\S)\5(?![*_~])|(?<![\p{L}\p{N}*_])([*_])(?=[^\s*_])([^*_\n]{0,1000}[^\s*_]|[^\s*_])\7(?![\p{L}\p{N}*_])|\bhttps?:\/\/[^\s<>"'`]{1,2000}/gu;

export function inlines(text: string, depth = 0): Inline[] {
  const result: Inline[] = [];
  let from = 0;
  const plain = (to: number) => {
    if (to > from) result.push({ type: 'text', text: text.slice(from, to) });
  };
  for (const found of depth < kInlineDepthMax ? text.matchAll(inlinePattern) : []) {
    const node = inlineOf(found, depth);
    if (node === null) continue;
    plain(found.index);
    from = found.index + (node.type === 'link' && found[3] === undefined ? node.href.length : found[0].length);
    result.push(node);
  }
  plain(text.length);
  return result;
}

function inlineOf(found: RegExpMatchArray, depth: number): Inline | null {
  const [whole, , code, label, href, strongMark, strong, , em] = found;
  if (code !== undefined) return { type: 'code', text: code.replace(/^ (?=.*\S)(.*) $/, '$1') };
  if (strong !== undefined)
    return { type: strongMark === '~~' ? 'del' : 'strong', children: inlines(strong, depth + 1) };
  if (em !== undefined) return { type: 'em', children: inlines(em, depth + 1) };
  const target = safeLink(href ?? whole.replace(/[.,;:!?)\]*_]+$/, ''));
  if (target === null) return null;
  return { type: 'link', href: target, children: label === undefined ? [{ type: 'text', text: target }] : inlines(label, depth + 1) };
}

// Only what leads to another page: no javascript:, no data:, nothing on this server.
export function safeLink(href: string): string | null {
  return /^(https?:\/\/|mailto:)[^\s\u0000-\u001f]+$/i.test(href) ? href : null;
}
