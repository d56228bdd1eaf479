// The search as it is typed: waits a moment after each key, cancels what is outdated, and
// asks again by itself when the server is busy or when new documents came in.

import { announcer, api } from './session.svelte';
import { asProblem, isAbort, type Problem } from './problem';
import type { SearchQuestion } from './api';
import type { Hit, SearchAnswer } from './types';
import { count, latency } from './format';

const kTypingPauseMs = 90; // about the time between two keys of a quick typist
export const kLimits: readonly number[] = [20, 50, 100]; // the server's largest is 100

class Search {
  answer = $state.raw<SearchAnswer | null>(null);
  problem = $state.raw<Problem | null>(null);
  asking = $state(false);
  retryInMs = $state(0); // > 0 while waiting for a busy server
  languages = $state.raw<readonly string[]>([]); // met in results, for the filter

  private pending: AbortController | null = null;
  private stale = false;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private countdown: ReturnType<typeof setInterval> | undefined;

  // Asks after a short pause, or at once. An empty question clears the results.
  ask(question: SearchQuestion, pauseMs = kTypingPauseMs): void {
    this.cancel();
    if (question.q.trim() === '') {
      this.answer = null;
      this.problem = null;
      this.asking = false;
      return;
    }
    this.asking = true;
    this.timer = setTimeout(() => void this.send(question, false), pauseMs);
  }

  // The same question again, without a word unless the results differ. An answer that is
  // on its way may be from before the change, so then it is asked once more after it.
  refresh(question: SearchQuestion): void {
    if (question.q.trim() === '') return;
    if (this.asking) {
      this.stale = true;
      return;
    }
    this.cancel();
    void this.send(question, true);
  }

  cancel(): void {
    this.stale = false;
    clearTimeout(this.timer);
    clearInterval(this.countdown);
    this.retryInMs = 0;
    this.pending?.abort();
    this.pending = null;
  }

  private async send(question: SearchQuestion, quiet: boolean): Promise<void> {
    const abort = new AbortController();
    this.pending = abort;
    try {
      const answer = await api.search(question, abort.signal);
      if (quiet && sameHits(answer.hits, this.answer?.hits ?? [])) {
        this.answer = { ...answer, took_ms: this.answer?.took_ms ?? answer.took_ms };
      } else {
        this.answer = answer;
        announcer.say(`${matchedText(answer)} in ${latency(answer.took_ms)}`);
      }
      this.problem = null;
      this.asking = false;
      this.learn(answer.hits);
      if (this.stale) this.refresh(question);
    } catch (error) {
      if (isAbort(error) || abort.signal.aborted) return;
      const problem = asProblem(error);
      if (problem.retryAfterMs > 0) return this.wait(question, quiet, problem.retryAfterMs);
      this.asking = false;
      this.problem = problem;
    }
  }

  private wait(question: SearchQuestion, quiet: boolean, ms: number): void {
    this.problem = null;
    this.retryInMs = ms;
    const until = performance.now() + ms;
    this.countdown = setInterval(() => {
      this.retryInMs = Math.max(1, until - performance.now());
    }, 200);
    this.timer = setTimeout(() => {
      clearInterval(this.countdown);
      this.retryInMs = 0;
      void this.send(question, quiet);
    }, ms);
  }

  private learn(hits: readonly Hit[]): void {
    const known = new Set(this.languages);
    const fresh = hits.map((hit) => hit.language).filter((language) => language !== '' && !known.has(language));
    if (fresh.length > 0) this.languages = [...new Set([...this.languages, ...fresh])].sort();
  }
}

export function matchedText(answer: SearchAnswer): string {
  const matches = answer.matched === 1 ? 'match' : 'matches';
  return `${answer.matched_is_exact ? '' : 'at least '}${count(answer.matched)} ${matches}`;
}

function sameHits(a: readonly Hit[], b: readonly Hit[]): boolean {
  return a.length === b.length && a.every((hit, i) => hit.id === b[i]!.id && hit.snippet === b[i]!.snippet);
}

export const search = new Search();
