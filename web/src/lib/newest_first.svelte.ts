// A list that the server hands out newest first, a page at a time: chats, notes, decisions.

import { asProblem, type Problem } from './problem';

const kPage = 50;
const kLargestPage = 200; // the server's

export class NewestFirst<T extends { readonly id: string }> {
  items = $state.raw<readonly T[]>([]);
  loaded = $state(false); // an answer has come, or a problem
  more = $state(false); // there may be older ones
  problem = $state.raw<Problem | null>(null);

  constructor(private readonly fetch: (limit: number, before?: string) => Promise<readonly T[]>) {}

  // What is shown, anew.
  load = async (): Promise<void> => {
    const limit = Math.max(kPage, Math.min(this.items.length, kLargestPage));
    await this.guard(async () => {
      this.items = await this.fetch(limit);
      this.more = this.items.length >= limit;
      this.problem = null;
    });
    this.loaded = true;
  };

  loadMore = async (): Promise<void> => {
    const last = this.items[this.items.length - 1];
    if (last === undefined) return;
    await this.guard(async () => {
      const older = await this.fetch(kPage, last.id);
      const known = new Set(this.items.map((item) => item.id));
      this.items = [...this.items, ...older.filter((item) => !known.has(item.id))];
      this.more = older.length >= kPage;
    });
  };

  putFirst(item: T): void {
    this.items = [item, ...this.items.filter((known) => known.id !== item.id)];
  }
  remove(item: T): void {
    this.items = this.items.filter((known) => known.id !== item.id);
  }

  // The problem of `ask`, if it has one, becomes this list's.
  async guard(ask: () => Promise<void>): Promise<void> {
    try {
      await ask();
    } catch (error) {
      this.problem = asProblem(error);
    }
  }
}
