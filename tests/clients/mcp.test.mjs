// The official TypeScript client against attune, over both transports.
//
//   npm ci --prefix tests/clients
//   ATTUNE_BIN=build/release/apps/attune/attune node --test tests/clients/mcp.test.mjs

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { after, before, describe, it } from 'node:test';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { AttuneProcess } from '../browser/attune_process.mjs';

const binary = process.env.ATTUNE_BIN;
// What is found is asked here, not how soon: a busy machine would refuse searches within the default.
const patient = ['--p99', '2s'];
const kTools = ['chat_append', 'recall', 'remember', 'search', 'status'];
const files = {
  'src/log.cc': '// One writer commits for everybody who waits: group commit.\nint CommitGroup(int writers) { return writers; }\n',
  'docs/durability.md': '# Durability\n\nGroup commit is how many writers share the price of one sync.\n',
};

async function connected(transport, body) {
  const client = new Client({ name: 'attune-tests', version: '1.0.0' });
  await client.connect(transport);
  try {
    await body(client);
  } finally {
    await client.close();
  }
}

const stdio = (attune) => new StdioClientTransport({ command: binary, args: ['mcp', '--data', attune.data, ...patient] });

// One command of the program, to its end.
function attuneCommand(attune, ...words) {
  return new Promise((resolve) => {
    const child = spawn(binary, [...words, '--data', attune.data, ...patient], { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stderr.on('data', (chunk) => (output += chunk));
    child.once('exit', (status) => resolve({ status, output }));
  });
}

async function remembered(client, word) {
  const note = await call(client, 'remember', { text: `${word} is remembered` });
  assert.ok(!note.isError, JSON.stringify(note));
  return note.structuredContent.id;
}

async function assertFinds(client, word, id) {
  const found = await call(client, 'search', { query: word });
  assert.ok(!found.isError, JSON.stringify(found));
  assert.deepEqual(found.structuredContent.hits.map((hit) => hit.id), [id]);
}

const call = (client, name, args = {}) => client.callTool({ name, arguments: args });

// What every transport must do. `unique` makes words that no other run remembered.
async function converse(client, unique) {
  const server = client.getServerVersion();
  assert.equal(server.name, 'attune');
  assert.match(server.version, /^\d+\.\d+\.\d+/);
  assert.match(client.getInstructions(), /recall/);
  await client.ping();

  const { tools } = await client.listTools();
  assert.deepEqual(tools.map((tool) => tool.name).sort(), kTools);
  for (const tool of tools) {
    assert.ok(tool.description.length > 20, `${tool.name} says what it is for`);
    assert.equal(tool.inputSchema.type, 'object');
    assert.equal(tool.outputSchema.type, 'object');
  }
  assert.deepEqual(tools.find((tool) => tool.name === 'search').inputSchema.required, ['query']);

  const found = await call(client, 'search', { query: 'group commit', languages: ['cpp'] });
  assert.ok(!found.isError, JSON.stringify(found.content));
  assert.deepEqual(found.structuredContent.hits.map((hit) => hit.path), ['src/log.cc']);

  const note = await call(client, 'remember', { text: `we agreed on ${unique}note`, title: 'Agreement', tags: ['test'] });
  assert.match(note.structuredContent.id, /^n\d+$/);
  const again = await call(client, 'search', { query: `${unique}note` });
  assert.deepEqual(again.structuredContent.hits.map((hit) => hit.id), [note.structuredContent.id]);

  const recalled = await call(client, 'recall', { query: `${unique}note`, budget_tokens: 500 });
  assert.match(recalled.content[0].text, new RegExp(`${unique}note`));

  const first = await call(client, 'chat_append', { role: 'user', content: `remember the ${unique}chat`, title: unique });
  const chat = first.structuredContent.chat;
  const second = await call(client, 'chat_append', { chat, role: 'assistant', content: 'it is remembered' });
  assert.equal(second.structuredContent.chat, chat);
  assert.equal(second.structuredContent.message.parent, first.structuredContent.message.id);
  const said = await call(client, 'search', { query: `${unique}chat`, kinds: ['message'] });
  assert.deepEqual(said.structuredContent.hits.map((hit) => hit.id), [first.structuredContent.message.id]);

  const status = await call(client, 'status');
  assert.ok(status.structuredContent.store.documents >= 2);
  assert.equal(status.structuredContent.ready, true);

  await wrongArguments(client);
  await resources(client, found.structuredContent.hits[0].id, note.structuredContent.id, unique);
}

async function wrongArguments(client) {
  for (const [name, args, says] of [
    ['search', {}, /query/],
    ['search', { query: 'x', limit: 0 }, /limit/],
    ['search', { qery: 'x' }, /qery[^]*query|query/],
    ['remember', { text: 7 }, /text/],
    ['chat_append', { chat: 'c999999', content: 'x' }, /c?999999/],
  ]) {
    const refused = await call(client, name, args);
    assert.equal(refused.isError, true, `${name} ${JSON.stringify(args)}`);
    assert.match(refused.content[0].text, says);
  }
  await assert.rejects(call(client, 'serch', { query: 'x' }), /search/);
  await assert.rejects(client.request({ method: 'nothing/here' }, { parse: (x) => x, safeParse: (x) => ({ success: true, data: x }) }), /nothing\/here/);
}

async function resources(client, passage, note, unique) {
  const { resourceTemplates } = await client.listResourceTemplates();
  assert.deepEqual(resourceTemplates.map((template) => template.uriTemplate), ['attune://passage/{id}']);
  const { resources: listed } = await client.listResources();
  assert.ok(listed.some((resource) => resource.uri === `attune://passage/${note}`), 'the note is listed');
  const read = await client.readResource({ uri: `attune://passage/${passage}` });
  assert.match(read.contents[0].text, /CommitGroup/);
  const kept = await client.readResource({ uri: `attune://passage/${note}` });
  assert.match(kept.contents[0].text, new RegExp(`${unique}note`));
  await assert.rejects(client.readResource({ uri: 'attune://passage/p99999999' }), /p99999999/);
  await assert.rejects(client.readResource({ uri: 'file:///etc/passwd' }), /attune:\/\/passage/);
}

describe('a running server', () => {
  let attune;
  before(async () => {
    attune = await AttuneProcess.start({ files, options: patient });
    await attune.waitUntilRead();
  });
  after(() => attune?.stop());

  it('speaks streamable HTTP at /mcp', async () => {
    await connected(new StreamableHTTPClientTransport(new URL('/mcp', attune.address)), (client) => converse(client, 'qhttp'));
  });

  it('speaks with many clients at a time', async () => {
    await Promise.all(
      Array.from({ length: 8 }, () =>
        connected(new StreamableHTTPClientTransport(new URL('/mcp', attune.address)), async (client) => {
          const answers = await Promise.all(Array.from({ length: 20 }, () => call(client, 'search', { query: 'group commit' })));
          for (const answer of answers) {
            // What cannot be answered in time is refused with a time to come back, never answered late.
            if (answer.isError) assert.match(answer.content[0].text, /try again in/);
            else assert.equal(answer.structuredContent.hits.length, 2);
          }
          assert.ok(answers.some((answer) => !answer.isError), 'some are answered');
        })));
  });

  it('is reached by attune mcp on standard input and output', async () => {
    await connected(stdio(attune), (client) => converse(client, 'qrelay'));
    const seen = await attune.get('/v1/search?q=qrelaynote');
    assert.equal(seen.hits.length, 1, 'what was remembered through stdio is in the server');
  });

  it('may start again, or end, while attune mcp talks through it', async () => {
    await connected(stdio(attune), async (client) => {
      const first = await remembered(client, 'qbeforerestart');
      await attune.halt();
      await attune.launch(binary, patient);
      await assertFinds(client, 'qbeforerestart', first);
      const second = await remembered(client, 'qafterrestart');
      assert.equal((await attune.get('/v1/search?q=qafterrestart')).hits[0].id, second, 'through the new server');
      await attune.halt();
      await assertFinds(client, 'qafterrestart', second);
      await assertFinds(client, 'qalone', await remembered(client, 'qalone'));
      assert.equal((await call(client, 'status')).structuredContent.ready, true);
    });
    await attune.launch(binary, patient);
    assert.equal((await attune.get('/v1/search?q=qalone')).hits.length, 1);
  });
});

describe('no server', () => {
  let attune;
  before(async () => {
    attune = await AttuneProcess.start({ files, options: patient });
    await attune.waitUntilRead();
    attune.child.kill('SIGTERM');
    await new Promise((resolve) => attune.child.once('exit', resolve));
  });
  after(() => attune?.stop());

  it('attune mcp opens the data folder itself, and what it remembers stays', async () => {
    await connected(stdio(attune), (client) => converse(client, 'qalone'));
    await connected(stdio(attune), async (client) => {
      const found = await call(client, 'search', { query: 'qalonenote' });
      assert.equal(found.structuredContent.hits.length, 1);
    });
  });

  it('two assistants work at once, and commands beside them', async () => {
    const second = new Client({ name: 'attune-tests', version: '1.0.0' });
    await connected(stdio(attune), async (first) => {
      await second.connect(stdio(attune));
      await assertFinds(second, 'qfirst', await remembered(first, 'qfirst'));
      await assertFinds(first, 'qsecond', await remembered(second, 'qsecond'));
      const asked = await attuneCommand(attune, 'ask', 'qfirst');
      assert.deepEqual([asked.status, /qfirst is remembered/.test(asked.output)], [0, true], asked.output);
      const up = await attuneCommand(attune, 'up', '--port', '0');
      assert.equal(up.status, 4, up.output);
      assert.match(up.output, /process \d+ \(http:\/\/127/, 'who has the folder is said');
    });
    // The one that had the folder open has gone; the other goes on.
    await assertFinds(second, 'qthird', await remembered(second, 'qthird'));
    const asked = await attuneCommand(attune, 'ask', 'qthird');
    assert.equal(asked.status, 0, asked.output);
    await second.close();
  });

  it('attune mcp answers each line and ends with its input, whatever the lines are', () => {
    const lines = ['{"jsonrpc":"2.0","id":1,"method":"ping"}', 'this is no JSON', '{"jsonrpc":"2.0","id":2}', '['.repeat(100_000)];
    const done = spawnSync(binary, ['mcp', '--data', attune.data], { input: lines.join('\n') + '\n', encoding: 'utf8', timeout: 60_000 });
    assert.equal(done.status, 0, done.stderr);
    const answers = done.stdout.trim().split('\n').map((line) => JSON.parse(line));
    assert.deepEqual(answers.find((answer) => answer.id === 1).result, {});
    assert.equal(answers.filter((answer) => answer.error !== undefined).length, 3);
  });
});
