// Light or dark: what the system prefers, unless the reader chose otherwise here.

export type Choice = 'auto' | 'light' | 'dark';
const choices: readonly Choice[] = ['auto', 'light', 'dark'];
const kKey = 'attune.theme';

class Theme {
  choice = $state<Choice>('auto');
  private systemDark = $state(false);
  dark = $derived(this.choice === 'auto' ? this.systemDark : this.choice === 'dark');

  start(): void {
    const kept = localStorage.getItem(kKey) as Choice | null;
    this.choice = kept !== null && choices.includes(kept) ? kept : 'auto';
    const system = matchMedia('(prefers-color-scheme: dark)');
    this.systemDark = system.matches;
    system.addEventListener('change', (event) => {
      this.systemDark = event.matches;
      this.apply();
    });
    this.apply();
  }

  next(): void {
    this.choice = choices[(choices.indexOf(this.choice) + 1) % choices.length]!;
    localStorage.setItem(kKey, this.choice);
    this.apply();
  }

  private apply(): void {
    document.documentElement.dataset['theme'] = this.dark ? 'dark' : 'light';
  }
}

export const theme = new Theme();
