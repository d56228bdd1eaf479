// The access token of a server that is not on loopback. It is asked for once, when the
// server answers 401, and kept for this tab only (sessionStorage).

const kKey = 'attune.token';

export interface Keeper {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

type Ask = (refused: boolean) => Promise<string | null>;

// Several requests may meet a 401 at the same time; they all wait for one answer.
export class TokenDesk {
  private asking: Promise<string | null> | null = null;
  private declined = false; // nobody is asked twice for what they did not want to give

  constructor(
    private readonly keeper: Keeper,
    private readonly ask: Ask,
  ) {}

  current(): string | null {
    return this.keeper.getItem(kKey);
  }

  headers(): Record<string, string> {
    const token = this.current();
    return token === null ? {} : { Authorization: `Bearer ${token}` };
  }

  // A request that carried `used` was refused. Resolves with the token to try next, or
  // null when the person does not give one.
  renew(used: string | null): Promise<string | null> {
    const now = this.current();
    if (now !== null && now !== used) return Promise.resolve(now); // somebody else asked meanwhile
    if (this.declined) return Promise.resolve(null);
    this.asking ??= this.ask(used !== null).then(
      (token) => this.keep(token),
      (error: unknown) => {
        this.asking = null;
        throw error;
      },
    );
    return this.asking;
  }

  // Before a try that the person asked for.
  mayAskAgain(): void {
    this.declined = false;
  }

  private keep(token: string | null): string | null {
    this.asking = null;
    if (token === null || token === '') {
      this.declined = true;
      this.keeper.removeItem(kKey);
      return null;
    }
    this.keeper.setItem(kKey, token);
    return token;
  }
}
