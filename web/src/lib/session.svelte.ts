// What all views share: the API, the token dialog, what is said to screen readers.

import { Api } from './api';
import { TokenDesk } from './token';

class TokenPrompt {
  open = $state(false);
  refused = $state(false);
  private answer: ((token: string | null) => void) | null = null;

  ask(refused: boolean): Promise<string | null> {
    this.open = true;
    this.refused = refused;
    return new Promise((resolve) => (this.answer = resolve));
  }

  give(token: string | null): void {
    this.open = false;
    this.answer?.(token);
    this.answer = null;
  }
}

export const tokenPrompt = new TokenPrompt();
export const token = new TokenDesk(sessionStorage, (refused) => tokenPrompt.ask(refused));
export const api = new Api(token);

class Announcer {
  text = $state('');
  say(text: string): void {
    this.text = text;
  }
}

export const announcer = new Announcer();
