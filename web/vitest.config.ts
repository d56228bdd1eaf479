import { defineConfig } from 'vitest/config';

// The tests cover src/lib, which is plain TypeScript; what is drawn is tested in a
// real browser (tests/browser at the root of the repository).
export default defineConfig({
  test: { environment: 'node', include: ['tests/**/*.test.ts'], pool: 'threads', maxWorkers: 2, minWorkers: 1 },
});
