// API keys: how other programs sign in. A key is shown once; revoking it is for good, so it is the one
// thing here that asks before.

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useId, useState } from 'react';
import { Dialog } from '../kit/dialog.tsx';
import { FormRow } from '../kit/field-input.tsx';
import { type Column, ListTable } from '../kit/list-table.tsx';
import { Toolbar } from '../kit/list-toolbar.tsx';
import { Problem } from '../kit/problem.tsx';
import { useCommand } from '../kit/use-command.ts';
import { useWords } from '../kit/use-words.ts';
import { kitWords } from '../kit/words.ts';
import { useAccess, useSession } from '../shell/context.ts';
import { useTitle } from '../shell/use-title.ts';
import { useMoment } from '../shell/zone.ts';
import { Once } from './users/user-detail.tsx';

const en = {
  title: 'API keys',
  create: 'New API key',
  roles: 'Roles',
  plants: 'Plants',
  allPlants: 'all',
  expires: 'Ends',
  never: 'never',
  lastUsed: 'Last used',
  notUsed: 'not yet',
  actsFor: 'Acts for',
  actsForNobody: 'nobody: refused',
  actsForGone: (name: string) => `${name} (archived): refused`,
  whose:
    'A key acts for a person: it may what its roles may, and never more than that person may at the time. When the person leaves it is refused, until somebody who may as much takes it over.',
  takeOver: 'Take over',
  revoked: 'revoked',
  revoke: 'Revoke',
  revokeTitle: (name: string) => `Revoke “${name}”?`,
  revokeExplain: 'Programs that use this key are refused from now on. This cannot be undone.',
  empty: 'No API key. Other programs sign in with a key, and may no more than its roles.',
  nameHint: 'Which program uses it, such as SAP or Grafana.',
  rolesHint: 'A key may never do more than you.',
  expiresHint: 'Empty: it does not end.',
  once: 'Copy this key now. It is not shown again.',
  key: 'Key',
  missingRole: 'Choose at least one role.',
};
const de: typeof en = {
  title: 'API-Schlüssel',
  create: 'Neuer API-Schlüssel',
  roles: 'Rollen',
  plants: 'Werke',
  allPlants: 'alle',
  expires: 'Endet',
  never: 'nie',
  lastUsed: 'Zuletzt benutzt',
  notUsed: 'noch nicht',
  actsFor: 'Handelt für',
  actsForNobody: 'niemanden: abgewiesen',
  actsForGone: (name) => `${name} (archiviert): abgewiesen`,
  whose:
    'Ein Schlüssel handelt für eine Person: Er darf, was seine Rollen dürfen, und nie mehr, als diese Person gerade darf. Verlässt sie die Organisation, wird er abgewiesen, bis jemand mit denselben Rechten ihn übernimmt.',
  takeOver: 'Übernehmen',
  revoked: 'gesperrt',
  revoke: 'Sperren',
  revokeTitle: (name) => `„${name}“ sperren?`,
  revokeExplain: 'Programme mit diesem Schlüssel werden ab sofort abgewiesen. Das lässt sich nicht rückgängig machen.',
  empty:
    'Kein API-Schlüssel. Andere Programme melden sich mit einem Schlüssel an und dürfen nicht mehr als seine Rollen.',
  nameHint: 'Welches Programm ihn benutzt, etwa SAP oder Grafana.',
  rolesHint: 'Ein Schlüssel darf nie mehr als Sie.',
  expiresHint: 'Leer: Er endet nicht.',
  once: 'Kopieren Sie den Schlüssel jetzt. Er wird nicht noch einmal gezeigt.',
  key: 'Schlüssel',
  missingRole: 'Bitte mindestens eine Rolle wählen.',
};

interface ApiKey {
  readonly id: number;
  readonly name: string;
  readonly roles: readonly { id: number; roleName: string }[];
  readonly plantIds: readonly number[] | null;
  readonly expiresAt: string | null;
  readonly lastUsedAt: string | null;
  readonly actsFor: { readonly id: number; readonly name: string; readonly archived: boolean } | null;
  readonly revokedAt: string | null;
}

export function ApiKeysPage() {
  const words = useWords({ en, de });
  const session = useSession();
  const access = useAccess();
  const [making, setMaking] = useState(false);
  const [revoking, setRevoking] = useState<ApiKey | null>(null);
  const [made, setMade] = useState<string | null>(null);
  const asked = useQuery({
    queryKey: ['list', 'api-keys'],
    queryFn: ({ signal }) => session.get<{ items: ApiKey[] }>('/api-keys', signal),
  });
  const queries = useQueryClient();
  const taking = useCommand();
  const takeOver = (key: ApiKey): void =>
    void taking.run(async () => {
      await session.send('POST', `/api-keys/${key.id}/take-over`);
      await queries.invalidateQueries({ queryKey: ['list', 'api-keys'] });
    });
  const columns = useColumns(
    access.may('api-keys.revoke') ? setRevoking : null,
    access.may('api-keys.create') ? takeOver : null,
  );
  useTitle(words.title);
  return (
    <div className="page">
      <Toolbar title={words.title}>
        <div className="does">
          {access.may('api-keys.create') && (
            <button type="button" className="main" onClick={() => setMaking(true)}>
              {words.create}
            </button>
          )}
        </div>
      </Toolbar>
      <p className="unit">{words.whose}</p>
      {made !== null && <Once text={made} label={words.key} says={words.once} />}
      {taking.error && <Problem error={taking.error} />}
      {asked.error && <Problem error={asked.error} retry={() => void asked.refetch()} />}
      <ListTable
        label={words.title}
        columns={columns}
        rows={asked.error ? [] : asked.data?.items}
        keyOf={({ id }) => id}
        isQuiet={({ revokedAt }) => revokedAt !== null}
      />
      {asked.data?.items.length === 0 && (
        <div className="empty">
          <p>{words.empty}</p>
        </div>
      )}
      {making && (
        <NewKey
          close={() => setMaking(false)}
          made={(key) => {
            setMade(key);
            setMaking(false);
          }}
        />
      )}
      {revoking && <Revoke apiKey={revoking} close={() => setRevoking(null)} />}
    </div>
  );
}

function useColumns(
  revoke: ((key: ApiKey) => void) | null,
  takeOver: ((key: ApiKey) => void) | null,
): Column<ApiKey>[] {
  const words = useWords({ en, de });
  const kit = useWords(kitWords);
  const { plants, userId } = useAccess();
  const moment = useMoment(true);
  const nameOf = (person: ApiKey['actsFor']): string => {
    if (person === null) return words.actsForNobody;
    return person.archived ? words.actsForGone(person.name) : person.name;
  };
  const plantsOf = (ids: readonly number[] | null) =>
    ids === null ? words.allPlants : plants.flatMap(({ id, name }) => (ids.includes(id) ? [name] : [])).join(', ');
  return [
    { key: 'name', label: kit.name, show: ({ name }) => name },
    { key: 'roles', label: words.roles, show: ({ roles }) => roles.map(({ roleName }) => roleName).join(', ') },
    { key: 'plants', label: words.plants, width: '10rem', show: ({ plantIds }) => plantsOf(plantIds) },
    {
      key: 'revoke',
      label: words.revoke,
      width: '9rem',
      show: (key) =>
        key.revokedAt !== null
          ? words.revoked
          : revoke && (
              <button type="button" className="in-row" onClick={() => revoke(key)}>
                {words.revoke}
              </button>
            ),
    },
    {
      key: 'used',
      label: words.lastUsed,
      width: '14rem',
      show: ({ lastUsedAt }) => (lastUsedAt === null ? words.notUsed : moment(lastUsedAt)),
    },
    {
      key: 'expires',
      label: words.expires,
      width: '14rem',
      show: ({ expiresAt }) => (expiresAt === null ? words.never : moment(expiresAt)),
    },
    { key: 'for', label: words.actsFor, width: '12rem', show: ({ actsFor }) => nameOf(actsFor) },
    {
      key: 'take',
      label: words.takeOver,
      width: '9rem',
      show: (key) =>
        takeOver &&
        key.revokedAt === null &&
        key.actsFor?.id !== userId && (
          <button type="button" className="in-row" onClick={() => takeOver(key)}>
            {words.takeOver}
          </button>
        ),
    },
  ];
}

function Revoke({ apiKey, close }: { apiKey: ApiKey; close(): void }) {
  const words = useWords({ en, de });
  const kit = useWords(kitWords);
  const session = useSession();
  const queries = useQueryClient();
  const command = useCommand();
  const revoke = async (): Promise<void> => {
    const went = await command.run(() => session.send('DELETE', `/api-keys/${apiKey.id}`));
    await queries.invalidateQueries({ queryKey: ['list', 'api-keys'] });
    if (went) close();
  };
  return (
    <Dialog title={words.revokeTitle(apiKey.name)} close={close}>
      <p>{words.revokeExplain}</p>
      {command.error && <Problem error={command.error} />}
      <div className="actions">
        <button type="button" className="main" onClick={() => void revoke()}>
          {words.revoke}
        </button>
        <button type="button" onClick={close}>
          {kit.cancel}
        </button>
      </div>
    </Dialog>
  );
}

function NewKey({ close, made }: { close(): void; made(key: string): void }) {
  const words = useWords({ en, de });
  const kit = useWords(kitWords);
  const session = useSession();
  const { plants } = useAccess();
  const queries = useQueryClient();
  const command = useCommand();
  const [name, setName] = useState('');
  const [roleIds, setRoleIds] = useState<readonly number[]>([]);
  const [plantIds, setPlantIds] = useState<readonly number[]>([]);
  const [until, setUntil] = useState('');
  const id = useId();
  const roles = useQuery({
    queryKey: ['list', 'roles', 'options'],
    queryFn: ({ signal }) => session.get<{ items: { id: number; roleName: string }[] }>('/roles?limit=500', signal),
  });
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    const wrong = {
      ...(name.trim() === '' ? { name: kit.faults.missing } : {}),
      ...(roleIds.length === 0 ? { roleIds: words.missingRole } : {}),
    };
    command.fail(wrong);
    if (Object.keys(wrong).length > 0) return;
    let key = '';
    const went = await command.run(async () => {
      const body = {
        name: name.trim(),
        roleIds,
        plantIds: plantIds.length === 0 ? null : plantIds,
        expiresAt: until === '' ? null : new Date(`${until}T00:00:00`).toISOString(),
      };
      ({ key } = await session.send<{ key: string }>('POST', '/api-keys', { body }));
    });
    if (!went) return;
    void queries.invalidateQueries({ queryKey: ['list', 'api-keys'] });
    made(key);
  };
  const choices = (
    chosen: readonly number[],
    choose: (ids: number[]) => void,
    options: readonly { id: number; name: string }[],
  ) =>
    options.map((option) => (
      <label key={option.id} className="given">
        <input
          type="checkbox"
          checked={chosen.includes(option.id)}
          onChange={(event) =>
            choose(event.target.checked ? [...chosen, option.id] : chosen.filter((one) => one !== option.id))
          }
        />
        {option.name}
      </label>
    ));
  return (
    <Dialog title={words.create} close={close} wide>
      <form onSubmit={(event) => void submit(event)} noValidate className="import">
        <FormRow id={`${id}name`} label={kit.name} required hint={words.nameHint} fault={command.faults['name']}>
          <input
            id={`${id}name`}
            maxLength={100}
            aria-describedby={`${id}name-says`}
            aria-invalid={command.faults['name'] !== undefined}
            value={name}
            onChange={(event) => setName(event.target.value)}
          />
        </FormRow>
        <fieldset>
          <legend>{words.roles}</legend>
          {choices(roleIds, setRoleIds, roles.data?.items.map((role) => ({ id: role.id, name: role.roleName })) ?? [])}
          <p className={command.faults['roleIds'] ? 'says fault' : 'says'}>
            {command.faults['roleIds'] ?? words.rolesHint}
          </p>
        </fieldset>
        <fieldset>
          <legend>
            {words.plants} <span className="unit">{plantIds.length === 0 ? words.allPlants : ''}</span>
          </legend>
          {choices(plantIds, setPlantIds, plants)}
        </fieldset>
        <FormRow id={`${id}until`} label={words.expires} hint={words.expiresHint} fault={command.faults['expiresAt']}>
          <input
            id={`${id}until`}
            type="date"
            aria-describedby={`${id}until-says`}
            value={until}
            onChange={(event) => setUntil(event.target.value)}
          />
        </FormRow>
        {command.error && Object.keys(command.faults).length === 0 && <Problem error={command.error} />}
        <div className="actions">
          <button type="submit" className="main" aria-disabled={command.busy}>
            {kit.create}
          </button>
          <button type="button" onClick={close}>
            {kit.cancel}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
