import { describe, expect, it } from 'vitest';
import { BranchTree, type Node } from '../src/lib/branches';

// 1 ── 2 ── 3
//  │    └── 5 ── 6
//  └── 4
const nodes: Node[] = [
  { id: '1', parent: null },
  { id: '2', parent: '1' },
  { id: '3', parent: '2' },
  { id: '4', parent: '1' },
  { id: '5', parent: '2' },
  { id: '6', parent: '5' },
];

describe('BranchTree', () => {
  it('knows paths, leaves and siblings', () => {
    const tree = new BranchTree(nodes);
    expect(tree.leaves()).toBe(3);
    expect(tree.pathTo('6')).toEqual(['1', '2', '5', '6']);
    expect(tree.pathTo('unknown')).toEqual([]);
    expect(tree.siblings('5')).toEqual({ index: 1, count: 2, ids: ['3', '5'] });
    expect(tree.siblings('1').count).toBe(1);
  });

  it('shows the branch in which something was said last', () => {
    const tree = new BranchTree(nodes);
    expect(tree.newestLeaf()).toBe('6');
    expect(new BranchTree(nodes.slice(0, 4)).newestLeaf()).toBe('4');
    expect(new BranchTree([]).newestLeaf()).toBe(null);
  });

  it('switches to the newest leaf of a sibling and to nothing beyond the ends', () => {
    const tree = new BranchTree(nodes);
    expect(tree.switchTo('5', -1)).toBe('3');
    expect(tree.switchTo('3', 1)).toBe('6');
    expect(tree.switchTo('4', -1)).toBe('6');
    expect(tree.switchTo('5', 1)).toBe(null);
  });

  it('makes a root of a message whose parent is missing, itself or later', () => {
    const tree = new BranchTree([
      { id: 'a', parent: 'b' },
      { id: 'b', parent: 'a' },
      { id: 'c', parent: 'gone' },
      { id: 'd', parent: 'd' },
      { id: 'a', parent: 'c' },
    ]);
    expect(tree.size).toBe(4);
    expect(tree.pathTo('b')).toEqual(['a', 'b']);
    expect(tree.siblings('d').ids).toEqual(['a', 'c', 'd']);
  });

  it('agrees with a walk over random trees', () => {
    let seed = 12345;
    const random = (n: number) => (seed = (seed * 1103515245 + 12345) % 2147483648) % n;
    for (let round = 0; round < 50; ++round) {
      const list: Node[] = [];
      for (let i = 0; i < 40; ++i) list.push({ id: `${i}`, parent: i === 0 || random(10) === 0 ? null : `${random(i)}` });
      const tree = new BranchTree(list);
      const leaves = list.filter((n) => !list.some((m) => m.parent === n.id)).map((n) => n.id);
      expect(tree.leaves()).toBe(leaves.length);
      expect(tree.newestLeaf()).toBe('39'); // the newest message has no children
      for (const leaf of leaves) {
        const path = tree.pathTo(leaf);
        path.forEach((id, i) => expect(list[Number(id)]!.parent).toBe(i === 0 ? null : path[i - 1]));
      }
    }
  });

  it('is quick on a long chat', () => {
    const long = Array.from({ length: 50_000 }, (_, i) => ({ id: `${i}`, parent: i === 0 ? null : `${i - 1}` }));
    const tree = new BranchTree(long);
    expect(tree.pathTo('49999')).toHaveLength(50_000);
    expect(tree.newestLeaf()).toBe('49999');
  });
});
