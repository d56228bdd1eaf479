// Numbers, amounts and times as people read them. Always English digits and units, so
// that what the page says equals what the command line says.

const binaryUnits = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

export function bytes(value: number): string {
  if (!Number.isFinite(value) || value < 0) return '–';
  let unit = 0;
  // 1023.95 would be printed as 1024.0, which reads better as the next unit.
  while (value >= (unit === 0 ? 1024 : 1023.95) && unit + 1 < binaryUnits.length) {
    value /= 1024;
    ++unit;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${binaryUnits[unit]}`;
}

// Throughput is counted in millions of bytes, as the promises are.
export function rate(bytesPerSecond: number): string {
  if (!Number.isFinite(bytesPerSecond) || bytesPerSecond < 0) return '–';
  const megabytes = bytesPerSecond / 1e6;
  return `${megabytes >= 100 ? Math.round(megabytes) : megabytes.toFixed(1)} MB/s`;
}

export function count(value: number): string {
  return Number.isFinite(value) ? Math.round(value).toLocaleString('en-US') : '–';
}

// "1 file", "2 files".
export function counted(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

export function percent(part: number, whole: number): string {
  if (!(whole > 0)) return '0 %';
  // Rounded down, so that 100 % means done.
  return `${Math.floor((100 * Math.min(part, whole)) / whole)} %`;
}

// A latency: three digits are enough, and below a microsecond nothing is claimed.
export function latency(ms: number): string {
  if (!Number.isFinite(ms) || ms < 0) return '–';
  if (ms >= 1000) return `${trim((ms / 1000).toPrecision(3))} s`;
  if (ms >= 0.9995) return `${trim(ms.toPrecision(3))} ms`;
  return `${Math.round(ms * 1000)} µs`;
}

// A waiting time: the two largest units.
export function duration(ms: number): string {
  if (!Number.isFinite(ms) || ms < 0) return '–';
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const steps: [number, string][] = [
    [86_400, 'd'],
    [3600, 'h'],
    [60, 'min'],
    [1, 's'],
  ];
  for (let i = 0; i < steps.length - 1; ++i) {
    const [size, name] = steps[i]!;
    if (seconds < size) continue;
    const [nextSize, nextName] = steps[i + 1]!;
    const rest = Math.floor((seconds % size) / nextSize);
    return rest === 0 ? `${Math.floor(seconds / size)} ${name}` : `${Math.floor(seconds / size)} ${name} ${rest} ${nextName}`;
  }
  return `${seconds} s`;
}

// "just now", "5 min ago", "yesterday 14:02", "2026-11-20". Empty for no or a bad time.
export function ago(time: string | null, now: Date): string {
  const then = known(time);
  if (then === null) return '';
  const seconds = Math.round((now.getTime() - then.getTime()) / 1000);
  if (seconds < 0) return day(then);
  if (seconds < 10) return 'just now';
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`;
  if (seconds < 7 * 86_400) return `${Math.floor(seconds / 86_400)} d ago`;
  return day(then);
}

// In the reader's own time zone: "2026-11-20 14:02:31".
export function moment(time: string | null): string {
  const then = known(time);
  if (then === null) return '';
  return `${day(then)} ${two(then.getHours())}:${two(then.getMinutes())}:${two(then.getSeconds())}`;
}

// "path:12–20", "path, page 3", "path".
export function place(path: string, lineBegin: number, lineEnd: number, page: number): string {
  if (page > 0) return `${path}, page ${page}`;
  if (lineBegin <= 0) return path;
  return lineEnd > lineBegin ? `${path}:${lineBegin}–${lineEnd}` : `${path}:${lineBegin}`;
}

// The folder and the file of a path apart, because the file is what one looks for.
export function split(path: string): { folder: string; file: string } {
  const slash = path.lastIndexOf('/');
  return { folder: path.slice(0, slash + 1), file: path.slice(slash + 1) };
}

// Null for no time, for one that cannot be read, and for the epoch, which stands for none.
function known(time: string | null): Date | null {
  const then = new Date(time ?? '');
  return Number.isNaN(then.getTime()) || then.getTime() <= 0 ? null : then;
}

function day(time: Date): string {
  return `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}

function trim(number: string): string {
  return number.includes('e') ? String(Math.round(Number(number))) : number;
}
