import { describe, expect, it } from 'vitest';
import { messageId, treeOfExport } from '../src/lib/chat_tree';

describe('treeOfExport', () => {
  it('reads ids as text or number and no parent as a root', () => {
    const messages = [
      { id: 'm1', parent: null, role: 'user' },
      { id: 2, parent: 1 },
      { id: 'm3', parent: 'm1' },
      { id: 'm4', parent: 0 },
    ];
    const tree = treeOfExport(JSON.stringify({ chat: { id: 'c1' }, messages }));
    expect(tree.size).toBe(4);
    expect(tree.pathTo('m2')).toEqual(['m1', 'm2']);
    expect(tree.siblings('m3').ids).toEqual(['m2', 'm3']);
    expect(tree.siblings('m4').ids).toEqual(['m1', 'm4']);
  });

  it('gives an empty tree for anything else', () => {
    for (const odd of ['', '{', '[]', 'null', '7', '{"messages":7}', '[[],1,{"id":{}}]']) expect(treeOfExport(odd).size).toBe(0);
    expect(messageId('0')).toBe(null);
    expect(messageId(undefined)).toBe(null);
  });
});
