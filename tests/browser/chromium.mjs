// Chromium of the system, driven by the playwright-core that tests/clients names.

import { createRequire } from 'node:module';

const { chromium } = createRequire(new URL('../clients/package.json', import.meta.url))('playwright-core');

// Nothing of the browser's own may go to the network or into a test's timing.
const kQuiet = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export function launchChromium() {
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: kQuiet });
}
