// What the server says about itself, as it happens: one stream of events, kept as state
// that the views read.

import { extend, sampleOf, type Sample } from './history';
import { EventFeed, type FeedState, type ServerEvent } from './sse';
import type { TokenDesk } from './token';
import type { DocumentEvent, KnobEvent, Status } from './types';

export interface SeenDocument extends DocumentEvent {
  key: number;
  removed: boolean;
}

const kDocumentsKept = 60; // more than fit on a screen
const kWarningsKept = 20;

class Live {
  status = $state.raw<Status | null>(null);
  connection = $state.raw<FeedState>({ kind: 'connecting' });
  samples = $state.raw<readonly Sample[]>([]);
  documents = $state.raw<readonly SeenDocument[]>([]); // newest first
  knob = $state.raw<KnobEvent | null>(null); // the one that changed last
  // Counted up with each change, for views that fetch again.
  documentsVersion = $state(0);
  notesVersion = $state(0);
  chatsVersion = $state(0);

  announced = $state.raw<readonly string[]>([]); // warnings that were said once
  warnings = $derived(this.status?.warnings ?? []); // they hold now

  private feed: EventFeed | null = null;
  private keys = 0;
  private wasAway = false;

  start(token: TokenDesk): void {
    this.feed = new EventFeed({
      url: '/v1/events',
      headers: () => token.headers(),
      onUnauthorized: async () => (await token.renew(token.current())) !== null,
      onEvent: (event) => this.take(event),
      onState: (state) => this.move(state),
    });
    void this.feed.run();
    addEventListener('online', () => this.feed?.retryNow());
    document.addEventListener('visibilitychange', () => {
      if (!document.hidden) this.feed?.retryNow();
    });
  }

  retryNow(): void {
    this.feed?.retryNow();
  }

  // Public for a first answer of GET /v1/status that comes before the stream does.
  accept(status: Status): void {
    this.status = status;
    this.samples = extend(this.samples, sampleOf(status));
  }

  dismissAnnounced(): void {
    this.announced = [];
  }

  private move(state: FeedState): void {
    this.connection = state;
    if (state.kind === 'waiting') this.wasAway = true;
    if (state.kind !== 'live' || !this.wasAway) return;
    // Not everything that was missed comes again, so the views look once more.
    this.wasAway = false;
    ++this.documentsVersion;
    ++this.notesVersion;
    ++this.chatsVersion;
  }

  private take(event: ServerEvent): void {
    let data: unknown;
    try {
      data = JSON.parse(event.data);
    } catch {
      return; // one broken event must not end the stream
    }
    if (event.type === 'status') this.accept(data as Status);
    else if (event.type === 'document') this.seen(data as DocumentEvent, false);
    else if (event.type === 'removed') this.seen(data as DocumentEvent, true);
    else if (event.type === 'message' || event.type === 'import') ++this.chatsVersion;
    else if (event.type === 'note') ++this.notesVersion;
    else if (event.type === 'knob') this.knob = data as KnobEvent;
    else if (event.type === 'warning') this.warn((data as { text: string }).text);
  }

  private seen(document: DocumentEvent, removed: boolean): void {
    this.documents = [{ ...document, removed, key: ++this.keys }, ...this.documents.slice(0, kDocumentsKept - 1)];
    ++this.documentsVersion;
  }

  private warn(text: string): void {
    if (!this.announced.includes(text)) this.announced = [...this.announced, text].slice(-kWarningsKept);
  }
}

export const live = new Live();
