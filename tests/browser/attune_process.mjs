// A real attune on a folder of its own, for tests that drive its page.

import { spawn } from 'node:child_process';
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const kStartMs = 60_000; // a cold start under a sanitizer on a busy machine
const kStopMs = 20_000;
const kPollMs = 25;

// Repeats `attempt` until it gives something else than null or the time is over.
export async function until(what, milliseconds, attempt) {
  const end = Date.now() + milliseconds;
  for (;;) {
    const result = await attempt();
    if (result !== null) return result;
    if (Date.now() > end) throw new Error(`waited ${milliseconds} ms for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, kPollMs));
  }
}

export class AttuneProcess {
  // `files` maps paths to what is written there before attune starts; `folder` is read
  // as it is when it is given.
  static async start({ files = {}, folder = null, options = [] } = {}) {
    const binary = process.env.ATTUNE_BIN;
    if (binary === undefined) throw new Error('ATTUNE_BIN must name the attune binary');
    const home = await mkdtemp(join(tmpdir(), 'attune-browser-'));
    const attune = new AttuneProcess(home, folder ?? join(home, 'folder'));
    if (folder === null) await mkdir(attune.folder);
    for (const [path, text] of Object.entries(files)) await attune.write(path, text);
    try {
      await attune.launch(binary, options);
    } catch (error) {
      await attune.stop();
      throw error;
    }
    return attune;
  }

  constructor(home, folder) {
    this.home = home;
    this.folder = folder;
    this.data = join(home, 'data');
    this.output = '';
    this.address = '';
    this.child = null;
  }

  async write(path, text) {
    const file = join(this.folder, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }

  async remove(path) {
    await rm(join(this.folder, path));
  }

  // The answer of GET `path` as JSON.
  async get(path) {
    const response = await fetch(this.address + path);
    if (!response.ok) throw new Error(`GET ${path} answered ${response.status}`);
    return response.json();
  }

  // Resolves when everything in the folder has been read.
  async waitUntilRead(milliseconds = kStartMs) {
    await until('the folder to be read', milliseconds, async () => {
      const status = await this.get('/v1/status');
      const settled = status.sources.length > 0 && status.sources.every((source) => ['watching', 'rescanning'].includes(source.state));
      return settled && !status.reading.active ? status : null;
    });
  }

  async stop() {
    await this.halt();
    await rm(this.home, { recursive: true, force: true });
  }

  // Ends the server and keeps what it remembers; launch() starts it again.
  async halt() {
    if (this.child === null || this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.kill('SIGTERM');
    const killer = setTimeout(() => this.child.kill('SIGKILL'), kStopMs);
    await ended;
    clearTimeout(killer);
  }

  async launch(binary, options) {
    this.output = '';
    const args = ['up', this.folder, '--data', this.data, '--port', '0', ...options];
    this.child = spawn(binary, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const keep = (chunk) => (this.output = (this.output + chunk).slice(-20_000));
    this.child.stdout.on('data', keep);
    this.child.stderr.on('data', keep);
    let failure = null;
    this.child.on('error', (error) => (failure = error));
    const running = () => {
      if (failure !== null) throw failure;
      if (this.child.exitCode !== null) throw new Error(`attune ended with ${this.child.exitCode}:\n${this.output}`);
    };
    this.address = await until('an address', kStartMs, async () => {
      running();
      return /listening on (http:\S+)/.exec(this.output)?.[1] ?? null;
    });
    await until('readiness', kStartMs, async () => {
      running();
      const ready = await fetch(`${this.address}/readyz`).catch(() => null);
      return ready?.ok === true ? true : null;
    });
  }
}
