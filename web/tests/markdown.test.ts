import { describe, expect, it } from 'vitest';
import { inlines, parse, safeLink, type Block, type Inline } from '../src/lib/markdown';

const text = (value: string): Inline => ({ type: 'text', text: value });

function words(inline: readonly Inline[]): string {
  return inline.map((i) => ('children' in i ? words(i.children) : i.text)).join('');
}

describe('inlines', () => {
  it('reads code, strong, emphasis, struck text and links', () => {
    expect(inlines('a `b*c*` **d *e*** ~~f~~ [g](https://h.i/j_(k))')).toEqual([
      text('a '),
      { type: 'code', text: 'b*c*' },
      text(' '),
      { type: 'strong', children: [text('d '), { type: 'em', children: [text('e')] }] },
      text(' '),
      { type: 'del', children: [text('f')] },
      text(' '),
      { type: 'link', href: 'https://h.i/j_(k)', children: [text('g')] },
    ]);
  });

  it('leaves snake_case, lone marks and arithmetic alone', () => {
    for (const plain of ['snake_case_name', '2 * 3 * 4', 'a ** b', '`open', '*', '__init', 'a_b_', '[x](y z', '<b>hi</b>'])
      expect(inlines(plain)).toEqual([text(plain)]);
  });

  it('finds bare addresses without the full stop after them', () => {
    expect(inlines('see https://a.b/c?d=e.')).toEqual([
      text('see '),
      { type: 'link', href: 'https://a.b/c?d=e', children: [text('https://a.b/c?d=e')] },
      text('.'),
    ]);
  });

  it('makes no link of anything that could run or reach this server', () => {
    for (const bad of ['javascript:alert(1)', 'data:text/html,x', '/v1/notes', '//evil', 'vbscript:x', ' https://a', 'file:///etc'])
      expect(safeLink(bad)).toBe(null);
    expect(inlines('[x](javascript:alert(1))').every((i) => i.type === 'text')).toBe(true);
  });
});

describe('parse', () => {
  it('reads fenced code with its language and keeps every character', () => {
    expect(parse('```cpp\nint a;\n\n  # not a heading\n```\nafter')).toEqual([
      { type: 'code', language: 'cpp', text: 'int a;\n\n  # not a heading' },
      { type: 'paragraph', children: [text('after')] },
    ]);
    expect(parse('~~~\n```\n~~~')).toEqual([{ type: 'code', language: '', text: '```' }]);
  });

  it('runs an open fence to the end', () => {
    expect(parse('```py\nx = 1')).toEqual([{ type: 'code', language: 'py', text: 'x = 1' }]);
  });

  it('reads headings, rules, quotes and tables', () => {
    expect(parse('## A #\n---\n> b\n> c\n\n| x | y |\n|---|:-:|\n| 1 | `a\\|b` |').map((b) => b.type)).toEqual([
      'heading',
      'rule',
      'quote',
      'table',
    ]);
    const table = parse('|x|y|\n|-|-|\n|1|a\\|b|')[0] as Extract<Block, { type: 'table' }>;
    expect(table.rows[0]!.map(words)).toEqual(['1', 'a|b']);
  });

  it('reads nested lists, numbers that do not begin at one, and text between', () => {
    const [list] = parse('3. one\n   more\n   - inner\n\n4. two') as [Extract<Block, { type: 'list' }>];
    expect(list).toMatchObject({ type: 'list', ordered: true, start: 3 });
    expect(list.items).toHaveLength(2);
    expect(list.items[0]!.map((b) => b.type)).toEqual(['paragraph', 'list']);
  });

  it('ends on every input, in time', () => {
    const nasty = ['>'.repeat(5000) + ' deep', '- '.repeat(3000) + 'x', '*'.repeat(20_000), '`'.repeat(20_001), '[x]('.repeat(5000), '_a '.repeat(9000), '**a'.repeat(9000), '|-'.repeat(5000) + '\n' + '|-'.repeat(5000)];
    for (const input of nasty) expect(parse(input).length).toBeGreaterThan(0);
    let seed = 7;
    const random = (n: number) => (seed = (seed * 1103515245 + 12345) % 2147483648) % n;
    const pieces = ['a', ' ', '\n', '\n\n', '# ', '> ', '- ', '1. ', '```', '**', '_', '`', '|', '---', '[', '](', ')', 'http://x', '    '];
    for (let round = 0; round < 500; ++round) parse(Array.from({ length: 60 }, () => pieces[random(pieces.length)]).join(''));
  });
});
