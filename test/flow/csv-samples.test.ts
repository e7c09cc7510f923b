// Every CSV file that ships in docs/samples goes into an organisation with the demo's line: first as a dry run, then really,
// without a fault, each after those that it refers to. A file is called as the resource that it is for, and
// every list that imports has one: its dialog offers it.

import { readdir, readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { kinds } from '../../cloud/domains/resources.ts';
import { users } from '../../cloud/domains/users/resource.ts';
import { type AnyResource, fieldsOf, offers } from '../../cloud/platform/kit/resource.ts';
import type { ApiUser } from '../web/api-client.ts';
import { type Story, startStory } from '../web/story.ts';

const folder = new URL('../../docs/samples/', import.meta.url);

/** Not for a resource: what imports it, and which test does. */
const elsewhere: Readonly<Record<string, string>> = {
  holidays: 'a calendar takes holidays by a command: cloud/domains/calendars/calendar-changes.test.ts',
};

let story: Story<'lea'>;
let lea: ApiUser;

beforeAll(async () => {
  const mail = {
    smtpUrl: 'smtp://127.0.0.1:9',
    from: 'Unison <mes@example.com>',
    publicUrl: 'https://mes.example.com',
  };
  story = await startStory({ lea: 'Riverside Bottling' }, { mail });
  ({ lea } = story.users);
});

afterAll(() => story?.stop());

/** Resources in an order in which each comes after those that it refers to; itself excepted. */
function inOrder(resources: readonly AnyResource[]): AnyResource[] {
  const ordered: AnyResource[] = [];
  const add = (resource: AnyResource, above: readonly string[]): void => {
    if (ordered.includes(resource) || above.includes(resource.name)) return;
    for (const [, field] of fieldsOf(resource)) {
      const to = field.kind === 'reference' && resources.find(({ name }) => name === field.to);
      if (to) add(to, [...above, resource.name]);
    }
    ordered.push(resource);
  };
  for (const resource of resources) add(resource, []);
  return ordered;
}

it('the samples go in, one after the other', { timeout: 120_000 }, async () => {
  const files = (await readdir(folder)).filter((name) => name.endsWith('.csv')).map((name) => name.slice(0, -4));
  const resources = inOrder([...kinds.map(({ resource }) => resource), users]);
  const known = (file: string) => file in elsewhere || resources.some(({ name }) => name === file);
  expect(files.filter((file) => !known(file))).toEqual([]);
  const importable = resources.filter((resource) => offers(resource, 'import')).map(({ name }) => name);
  expect(importable.filter((name) => !files.includes(name))).toEqual([]);
  await makeDemoLine();
  for (const { name } of resources.filter((resource) => files.includes(resource.name))) {
    const csv = await readFile(new URL(`${name}.csv`, folder), 'utf8');
    const send = (dryRun: boolean) => lea.ask('POST', `/${name}/import?dryRun=${dryRun}`, csv);
    const dry = await send(true);
    expect([name, dry.status, dry.body], name).toMatchObject([name, 200, { faults: [] }]);
    const done = await send(false);
    expect([name, done.status, done.body]).toMatchObject([
      name,
      200,
      { faults: [], rows: (dry.body as { rows: number }).rows },
    ]);
    expect((done.body as { created: number }).created, name).toBeGreaterThan(0);
  }
});

/** What the samples stand beside: the demo's plant with its line. */
async function makeDemoLine(): Promise<void> {
  // The stage has a plant of its own, whose lane has the same name.
  const { items } = (await lea.get('/lanes')).body as { items: { id: number; version: number }[] };
  for (const { id, version } of items) await lea.ask('DELETE', `/lanes/${id}?version=${version}`);
  const { body } = await lea.ask('POST', '/plants', { name: 'Plant North', timeZone: 'Europe/Berlin' });
  const { id: plantId } = body as { id: number };
  await lea.ask('POST', '/lanes', { plantId, name: 'Line 1' });
  for (const displayName of ['Filler', 'Capper', 'Labeller', 'Packer'])
    await lea.ask('POST', '/machines', { plantId, name: displayName.toLowerCase(), displayName });
}
