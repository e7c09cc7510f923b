// Every CSV file that ships in docs/samples goes into an empty organisation: first as a dry run, then really,
// without a fault, each after those that it refers to. A file is called as the resource that it is for.

import { readdir, readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { kinds } from '../../cloud/domains/resources.ts';
import { type AnyResource, fieldsOf } from '../../cloud/platform/kit/resource.ts';
import type { ApiUser } from '../web/api-client.ts';
import { type Story, startStory } from '../web/story.ts';

const folder = new URL('../../docs/samples/', import.meta.url);

let story: Story<'lea'>;
let lea: ApiUser;

beforeAll(async () => {
  story = await startStory({ lea: 'Riverside Bottling' });
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
  const resources = inOrder(kinds.map(({ resource }) => resource));
  expect(files.filter((file) => !resources.some(({ name }) => name === file))).toEqual([]);
  expect(files).toEqual(expect.arrayContaining(['materials', 'production-standards', 'units-of-measure']));
  await lea.ask('POST', '/plants', { name: 'Plant North', timeZone: 'Europe/Berlin' });
  if (!files.includes('machines')) await makeMachines();
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

/** As the demo has them. */
async function makeMachines(): Promise<void> {
  const { items } = (await lea.get('/plants?name=Plant North')).body as { items: { id: number }[] };
  for (const displayName of ['Filler', 'Capper', 'Labeller', 'Packer'])
    await lea.ask('POST', '/machines', { plantId: items[0]?.id, name: displayName.toLowerCase(), displayName });
}
