// A chat is a tree: editing a message or asking again starts a branch. This is the tree
// as the page needs it: the path to a leaf, and the siblings to switch to.
// Cost: linear to build, a path costs its length.

export interface Node {
  id: string;
  parent: string | null;
}

export interface Siblings {
  index: number; // 0-based place of the message among them
  count: number;
  ids: readonly string[];
}

export class BranchTree {
  private readonly parents = new Map<string, string | null>();
  private readonly children = new Map<string | null, string[]>();
  // For each message the place in the list of the newest message at or below it.
  private readonly newest = new Map<string, number>();

  // Oldest first, so that a parent comes before its children; a parent that does not makes
  // its message a root, which also rules out cycles.
  constructor(nodes: readonly Node[]) {
    nodes.forEach(({ id, parent }, place) => {
      if (this.parents.has(id)) return; // the first one wins
      const known = parent !== null && this.parents.has(parent) ? parent : null;
      this.parents.set(id, known);
      this.newest.set(id, place);
      const siblings = this.children.get(known);
      if (siblings === undefined) this.children.set(known, [id]);
      else siblings.push(id);
    });
    for (const [id, parent] of [...this.parents].reverse()) {
      if (parent !== null) this.newest.set(parent, Math.max(this.newest.get(parent)!, this.newest.get(id)!));
    }
  }

  get size(): number {
    return this.parents.size;
  }

  has(id: string): boolean {
    return this.parents.has(id);
  }

  leaves(): number {
    let count = 0;
    for (const id of this.parents.keys()) if (!this.children.has(id)) ++count;
    return count;
  }

  // From the root down to `id`, both included. Empty for an unknown one.
  pathTo(id: string): string[] {
    const path: string[] = [];
    for (let at: string | null = this.has(id) ? id : null; at !== null; at = this.parents.get(at) ?? null) path.push(at);
    return path.reverse();
  }

  // The leaf below `id` (or of the whole tree) under which something was said last.
  newestLeaf(id: string | null = null): string | null {
    let at = id;
    for (let next = this.children.get(at); next !== undefined; next = this.children.get(at))
      at = next.reduce((a, b) => (this.newest.get(b)! > this.newest.get(a)! ? b : a));
    return at;
  }

  siblings(id: string): Siblings {
    const ids = this.children.get(this.parents.get(id) ?? null) ?? [id];
    return { index: Math.max(0, ids.indexOf(id)), count: ids.length, ids };
  }

  // The leaf to show when the reader switches from `id` to the sibling `step` further on.
  switchTo(id: string, step: number): string | null {
    const { index, ids } = this.siblings(id);
    const target = ids[index + step];
    return target === undefined ? null : this.newestLeaf(target);
  }
}
