import { describe, expect, it } from 'vitest';
import { ages, extend, promises, shownSeconds, stacked, type Sample } from '../src/lib/history';
import type { Status } from '../src/lib/types';

const sample = (at: number, consumers: [string, number][] = []): Sample => ({
  at,
  rate: at,
  p50: null,
  p99: null,
  promised: 50,
  rss: 1,
  limit: 2,
  consumers: new Map(consumers),
});

describe('extend', () => {
  it('keeps the last five minutes and no more', () => {
    let samples: Sample[] = [];
    for (let at = 0; at <= 1000; ++at) samples = extend(samples, sample(at));
    expect(samples[0]!.at).toBe(700);
    expect(samples).toHaveLength(301);
    expect(ages(samples)[0]).toBe(-300);
    for (let i = 0; i < 2000; ++i) samples = extend(samples, sample(1000 + i / 1000));
    expect(samples.length).toBeLessThanOrEqual(360);
  });

  it('starts over when the server did, and replaces a sample of the same moment', () => {
    const samples = [sample(10), sample(11)];
    expect(extend(samples, sample(3))).toEqual([sample(3)]);
    expect(extend(samples, sample(11))).toHaveLength(2);
    expect(ages([])).toEqual([]);
  });
});

describe('shownSeconds', () => {
  it('grows in steps with what there is to show', () => {
    expect(shownSeconds([])).toBe(60);
    expect(shownSeconds([sample(100), sample(160)])).toBe(60);
    expect(shownSeconds([sample(100), sample(161)])).toBe(120);
    expect(shownSeconds([sample(0), sample(121)])).toBe(300);
  });
});

describe('stacked', () => {
  it('puts the largest at the bottom and sums what is beyond the named', () => {
    const layers = stacked([sample(0, [['a', 1]]), sample(1, [['a', 5], ['b', 9], ['c', 2], ['d', 1]])], 2);
    expect(layers).toEqual([
      { name: 'others', tops: [1, 17] },
      { name: 'a', tops: [1, 14] },
      { name: 'b', tops: [0, 9] },
    ]);
    expect(stacked([], 3)).toEqual([]);
  });
});

describe('promises', () => {
  const status = (p99: number, count: number, peak: number) =>
    ({
      search: { count, p99_ms: p99, promised_ms: 50 },
      memory: { limit_bytes: 100, rss_peak_bytes: peak },
    }) as unknown as Status;

  it('judges only what was measured, and the boundary is kept', () => {
    expect(promises(status(50, 1, 100))).toMatchObject({ latency: { kept: true }, memory: { kept: true } });
    expect(promises(status(50.1, 1, 101))).toMatchObject({ latency: { kept: false }, memory: { kept: false } });
    expect(promises(status(0, 0, 1)).latency.kept).toBe(null);
  });
});
