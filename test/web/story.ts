// The stage of a story over HTTP: a database of its own with an organisation and a plant for each name,
// people who are signed in, and the whole API on a port.

import { createTestDatabase, type DatabaseKind, type TestDatabase } from '../support/database.ts';
import { type ApiUser, signIn } from './api-client.ts';
import { type ApiOnPort, startApi } from './api-on-port.ts';
import { type LiveBroker, startLiveBroker } from './live-broker.ts';
import { insertPerson, insertPlant, type PlantRows } from './plant-rows.ts';

/** Of everybody in a story; they sign in as `name@example.com`. */
export const password = 'correct horse battery';

export interface Story<Person extends string> {
  readonly database: TestDatabase;
  readonly api: ApiOnPort;
  /** The ingestor's voice. */
  readonly broker: LiveBroker;
  /** Signed in, by their names; administrators of their organisation. */
  readonly users: Readonly<Record<Person, ApiUser>>;
  /** The plant of each person's organisation. */
  readonly plants: Readonly<Record<Person, PlantRows>>;
  stop(): Promise<void>;
}

/** `{ lea: 'North', sid: 'South' }`: who is in which organisation. `stop` must be called. */
export async function startStory<Person extends string>(
  people: Readonly<Record<Person, string>>,
  {
    on = 'embedded',
    ...options
  }: Pick<Parameters<typeof startApi>[0], 'webDirectory' | 'mail'> & { readonly on?: DatabaseKind } = {},
): Promise<Story<Person>> {
  const database = await createTestDatabase(on);
  const broker = await startLiveBroker();
  const plantOf = new Map<string, PlantRows>();
  const plants = {} as Record<Person, PlantRows>;
  const names = Object.keys(people) as Person[];
  for (const name of names) {
    const organization = people[name];
    const plant = { organization, name: 'Plant', timeZone: 'Europe/Berlin', machines: [] };
    const rows = plantOf.get(organization) ?? (await insertPlant(database.ownerUrl, plant));
    plantOf.set(organization, rows);
    plants[name] = rows;
    const person = { email: `${name}@example.com`, password, name, organizationIds: [rows.organizationId] };
    await insertPerson(database.ownerUrl, person);
  }
  const api = await startApi({ databaseUrl: database.apiUrl, brokerUrl: broker.url, ...options });
  const users = {} as Record<Person, ApiUser>;
  for (const name of names) users[name] = await signIn(api.url, { email: `${name}@example.com`, password });
  return {
    database,
    api,
    broker,
    users,
    plants,
    async stop() {
      await api.stop();
      await broker.stop();
      await database.drop();
    },
  };
}
