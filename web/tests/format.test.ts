import { describe, expect, it } from 'vitest';
import { ago, bytes, count, counted, duration, latency, moment, percent, place, rate, split } from '../src/lib/format';

describe('amounts', () => {
  it('prints bytes in binary units and never 1024 of one', () => {
    const cases: [number, string][] = [
      [0, '0 B'],
      [1023, '1023 B'],
      [1024, '1.0 KiB'],
      [1536, '1.5 KiB'],
      [1024 * 1024 - 1, '1.0 MiB'],
      [512 * 2 ** 20, '512 MiB'],
      [2 * 2 ** 30, '2.0 GiB'],
      [2 ** 60, '1024 PiB'],
      [-1, '–'],
      [NaN, '–'],
    ];
    for (const [value, text] of cases) expect(bytes(value)).toBe(text);
  });

  it('prints a rate in millions of bytes', () => {
    expect(rate(63_400_000)).toBe('63.4 MB/s');
    expect(rate(125e6)).toBe('125 MB/s');
    expect(rate(0)).toBe('0.0 MB/s');
    expect(rate(Infinity)).toBe('–');
  });

  it('groups thousands and counts one thing as one', () => {
    expect(count(1234567)).toBe('1,234,567');
    expect(counted(1, 'file')).toBe('1 file');
    expect(counted(2, 'branch', 'branches')).toBe('2 branches');
  });

  it('says 100 % only when all is done', () => {
    expect(percent(999, 1000)).toBe('99 %');
    expect(percent(1000, 1000)).toBe('100 %');
    expect(percent(0, 0)).toBe('0 %');
    expect(percent(5, 3)).toBe('100 %');
  });
});

describe('times', () => {
  it('prints latencies with three digits', () => {
    const cases: [number, string][] = [
      [0, '0 µs'],
      [0.0784, '78 µs'],
      [0.9996, '1.00 ms'],
      [12.345, '12.3 ms'],
      [999.9, '1000 ms'],
      [1500, '1.50 s'],
      [-1, '–'],
    ];
    for (const [value, text] of cases) expect(latency(value)).toBe(text);
  });

  it('prints waiting times with their two largest units', () => {
    const cases: [number, string][] = [
      [0, '0 s'],
      [59_400, '59 s'],
      [59_600, '1 min'],
      [61_000, '1 min 1 s'],
      [3_600_000, '1 h'],
      [3_661_000, '1 h 1 min'],
      [90_000_000, '1 d 1 h'],
      [-5, '–'],
    ];
    for (const [value, text] of cases) expect(duration(value)).toBe(text);
  });

  it('says how long ago something was, and the day when it is long', () => {
    const now = new Date('2026-11-20T12:00:00Z');
    expect(ago('2026-11-20T11:59:55.000Z', now)).toBe('just now');
    expect(ago('2026-11-20T11:59:30.000Z', now)).toBe('30 s ago');
    expect(ago('2026-11-20T11:01:00.000Z', now)).toBe('59 min ago');
    expect(ago('2026-11-19T12:00:01.000Z', now)).toBe('23 h ago');
    expect(ago('2026-11-14T12:00:00.000Z', now)).toBe('6 d ago');
    expect(ago('2025-01-02T12:00:00.000Z', now)).toBe('2025-01-02');
    expect(ago('', now)).toBe('');
    expect(ago(null, now)).toBe('');
    expect(ago('1970-01-01T00:00:00.000Z', now)).toBe('');
    expect(moment('never')).toBe('');
  });
});

describe('places', () => {
  it('names lines, one line, a page, or only the path', () => {
    expect(place('a/b.cc', 12, 20, 0)).toBe('a/b.cc:12–20');
    expect(place('a/b.cc', 12, 12, 0)).toBe('a/b.cc:12');
    expect(place('scan.pdf', 1, 4, 3)).toBe('scan.pdf, page 3');
    expect(place('note', 0, 0, 0)).toBe('note');
  });

  it('takes the folder from the file', () => {
    expect(split('a/b/c.cc')).toEqual({ folder: 'a/b/', file: 'c.cc' });
    expect(split('c.cc')).toEqual({ folder: '', file: 'c.cc' });
  });
});
