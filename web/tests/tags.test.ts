import { expect, it } from 'vitest';
import { parseTags } from '../src/lib/tags';

it('parseTags drops empty and repeated tags, spaces and hashes', () => {
  expect(parseTags(' a, #b ,,a, c d ')).toEqual(['a', 'b', 'c d']);
  expect(parseTags('')).toEqual([]);
});
