// The current route, kept in step with the address.

import { formatRoute, parseRoute, type Route } from './route';

class Place {
  route = $state.raw<Route>(parseRoute(''));

  start(): void {
    this.route = parseRoute(location.hash);
    addEventListener('hashchange', () => (this.route = parseRoute(location.hash)));
  }

  // A new entry in the browser's history.
  go(route: Partial<Route>): void {
    location.hash = formatRoute(route);
  }

  // The same entry with another address: for what changes while typing.
  replace(change: Partial<Route>): void {
    this.route = { ...this.route, ...change };
    history.replaceState(history.state, '', formatRoute(this.route));
  }
}

export const place = new Place();
