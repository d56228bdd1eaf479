// The last minutes of the server's life, sampled from its status events. Samples are
// placed by the server's own uptime, so that replayed events land where they belong.

import type { Status } from './types';

export const kWindowSeconds = 300;
// One sample a second, and some slack for a server that reports faster.
const kSamplesMax = kWindowSeconds + 60;

export interface Sample {
  at: number; // seconds of uptime
  rate: number; // bytes per second
  p50: number | null; // ms; null while nothing was searched
  p99: number | null;
  promised: number;
  rss: number;
  limit: number;
  consumers: ReadonlyMap<string, number>;
}

export function sampleOf(status: Status): Sample {
  const searched = status.search.count > 0;
  return {
    at: status.uptime_ms / 1000,
    rate: status.reading.bytes_per_second,
    p50: searched ? status.search.p50_ms : null,
    p99: searched ? status.search.p99_ms : null,
    promised: status.search.promised_ms,
    rss: status.memory.rss_bytes,
    limit: status.memory.limit_bytes,
    consumers: new Map(status.memory.consumers.map((c) => [c.name, c.bytes])),
  };
}

// Returns the samples with one more. An earlier uptime means a new process: what was
// before it belongs to another life and goes.
export function extend(samples: readonly Sample[], sample: Sample): Sample[] {
  const last = samples[samples.length - 1];
  if (last !== undefined && sample.at < last.at) return [sample];
  if (last !== undefined && sample.at === last.at) return [...samples.slice(0, -1), sample];
  const from = sample.at - kWindowSeconds;
  let first = samples.findIndex((s) => s.at >= from);
  if (first < 0) first = samples.length;
  first = Math.max(first, samples.length + 1 - kSamplesMax);
  return [...samples.slice(first), sample];
}

export type Series = (number | null)[];

// Seconds before the newest sample (-300..0), the x axis of every chart.
export function ages(samples: readonly Sample[]): number[] {
  const last = samples[samples.length - 1];
  return last === undefined ? [] : samples.map((s) => s.at - last.at);
}

// How many seconds the charts show: as much as there is, in steps, so that a page that was
// just opened does not draw a thin line at the edge of five empty minutes.
export function shownSeconds(samples: readonly Sample[]): number {
  const span = -(ages(samples)[0] ?? 0);
  return [60, 120].find((seconds) => span <= seconds) ?? kWindowSeconds;
}

export interface Stack {
  name: string;
  tops: number[]; // upper edge of this layer; the lower edge is the top of the next one
}

// Memory consumers on top of each other, the largest at the bottom; what is beyond
// `namedMax` is summed as "others". Returned topmost first, which is the order to draw in.
export function stacked(samples: readonly Sample[], namedMax: number): Stack[] {
  const last = samples[samples.length - 1];
  if (last === undefined) return [];
  const names = [...last.consumers].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).map(([name]) => name);
  const named = names.slice(0, namedMax);
  const layers = named.map((name) => ({ name, bytes: samples.map((s) => s.consumers.get(name) ?? 0) }));
  if (names.length > namedMax) {
    const chosen = new Set(named);
    const rest = (s: Sample) => [...s.consumers].reduce((sum, [name, b]) => (chosen.has(name) ? sum : sum + b), 0);
    layers.push({ name: 'others', bytes: samples.map(rest) });
  }
  const sums = samples.map(() => 0);
  const result = layers.map(({ name, bytes }) => ({ name, tops: bytes.map((b, i) => (sums[i] = sums[i]! + b)) }));
  return result.reverse();
}

// What was promised and whether it is kept, in words and numbers.
export interface Kept {
  what: string;
  promised: number;
  now: number;
  kept: boolean | null; // null: nothing to judge yet
}

export function promises(status: Status): { latency: Kept; memory: Kept } {
  const { search, memory } = status;
  return {
    latency: {
      what: 'search p99',
      promised: search.promised_ms,
      now: search.p99_ms,
      kept: search.count === 0 || search.promised_ms <= 0 ? null : search.p99_ms <= search.promised_ms,
    },
    memory: {
      what: 'peak memory',
      promised: memory.limit_bytes,
      now: memory.rss_peak_bytes,
      kept: memory.limit_bytes <= 0 ? null : memory.rss_peak_bytes <= memory.limit_bytes,
    },
  };
}
