// What is a user's own beside the fields: how he signs in, his roles and where they count, and the plants
// he is let into.

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useId, useState } from 'react';
import type { UserAccess } from '../../../../domains/roles/index.ts';
import type { KitRecord } from '../../kit/page.ts';
import { Problem } from '../../kit/problem.tsx';
import { useCommand } from '../../kit/use-command.ts';
import { useWords } from '../../kit/use-words.ts';
import { ACCESS_KEY } from '../../shell/access.ts';
import { useAccess, useSession } from '../../shell/context.ts';
import { useMoment } from '../../shell/zone.ts';
import { type RoleRow, RoleRows } from './role-rows.tsx';
import { userWords } from './words.ts';

export function UserDetail({ record }: { record: KitRecord }) {
  return (
    <>
      {record.archivedAt === null && <SignIn user={record} />}
      <Rights user={record} />
    </>
  );
}

interface SignInState {
  readonly hasPassword: boolean;
  readonly hasPin: boolean;
  readonly shared: boolean;
  readonly lockedUntil: string | null;
}

function SignIn({ user }: { user: KitRecord }) {
  const words = useWords(userWords);
  const session = useSession();
  const access = useAccess();
  const moment = useMoment();
  const queries = useQueryClient();
  const command = useCommand();
  const [link, setLink] = useState<{ url: string; until: string } | null>(null);
  const [told, setTold] = useState('');
  const path = `/users/${user.id}`;
  const asked = useQuery({
    queryKey: ['record', 'users', user.id, 'sign-in'],
    queryFn: ({ signal }) => session.get<SignInState>(`${path}/sign-in`, signal),
  });
  if (asked.error) return <Problem error={asked.error} retry={() => void asked.refetch()} />;
  const state = asked.data;
  const email = typeof user['email'] === 'string' ? user['email'] : null;
  const run = (work: () => Promise<void>) =>
    command.run(async () => {
      setTold('');
      setLink(null);
      await work();
      await queries.invalidateQueries({ queryKey: ['record', 'users', user.id, 'sign-in'] });
      await queries.invalidateQueries({ queryKey: ['history', 'users', user.id] });
    });
  const makeLink = (by: 'link' | 'mail') =>
    run(async () => {
      const made = await session.send<{ path: string | null; expiresAt: string }>('POST', `${path}/reset-link`, {
        body: { by },
      });
      if (made.path === null) setTold(words.mailed(email ?? ''));
      else setLink({ url: location.origin + made.path, until: moment(made.expiresAt) });
    });
  const may = access.may('users.update') && state !== undefined && !state.shared;
  const said = (set: boolean | undefined) => (set === undefined ? '' : set ? words.has : words.hasNot);
  return (
    <section className="sign-in-of">
      <h2>{words.signIn}</h2>
      <dl className="fields">
        <div>
          <dt>{words.password}</dt>
          <dd>{said(state?.hasPassword)}</dd>
        </div>
        <div>
          <dt>{words.pin}</dt>
          <dd>{said(state?.hasPin)}</dd>
        </div>
      </dl>
      {state?.lockedUntil && <p>{words.lockedUntil(moment(state.lockedUntil))}</p>}
      {state?.shared && <p className="unit">{words.shared}</p>}
      {may && (
        <>
          <PinForm user={user} hasPin={state.hasPin} run={run} />
          <div className="actions">
            <button type="button" onClick={() => void makeLink('link')}>
              {words.resetLink}
            </button>
            {email !== null && (
              <button type="button" onClick={() => void makeLink('mail')}>
                {words.resetMail}
              </button>
            )}
            {state.lockedUntil && (
              <button type="button" onClick={() => void run(() => session.send('POST', `${path}/unlock`))}>
                {words.unlock}
              </button>
            )}
            <button
              type="button"
              onClick={() =>
                void run(async () => {
                  await session.send('POST', `${path}/sign-out`);
                  setTold(words.signedOut);
                })
              }
            >
              {words.signOut}
            </button>
          </div>
        </>
      )}
      <div aria-live="polite">
        {told && <p>{told}</p>}
        {link && <Once text={link.url} label={words.link} says={words.linkOnce(link.until)} />}
      </div>
      {command.error && <Problem error={command.error} />}
    </section>
  );
}

/** A secret that is shown this one time. */
export function Once({ text, label, says }: { text: string; label: string; says: string }) {
  const words = useWords(userWords);
  const [copied, setCopied] = useState(false);
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
  };
  return (
    <div className="stack">
      <p>
        <strong>{says}</strong>
      </p>
      <span className="once">
        <input readOnly aria-label={label} value={text} onFocus={(event) => event.target.select()} />
        <button type="button" onClick={() => void copy()}>
          {copied ? words.copied : words.copy}
        </button>
      </span>
    </div>
  );
}

function PinForm({
  user,
  hasPin,
  run,
}: {
  user: KitRecord;
  hasPin: boolean;
  run(work: () => Promise<void>): Promise<boolean>;
}) {
  const words = useWords(userWords);
  const session = useSession();
  const [pin, setPin] = useState('');
  const id = useId();
  const put = (value: string | null) =>
    run(() => session.send('PUT', `/users/${user.id}/pin`, { body: { pin: value } }));
  const save = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (await put(pin)) setPin('');
  };
  return (
    <form onSubmit={(event) => void save(event)} className="actions">
      <label htmlFor={id}>{words.newPin}</label>
      <input
        id={id}
        type="password"
        inputMode="numeric"
        autoComplete="off"
        pattern="[0-9]{4,8}"
        required
        maxLength={8}
        value={pin}
        onChange={(event) => setPin(event.target.value)}
      />
      <button type="submit">{words.setPin}</button>
      {hasPin && (
        <button type="button" onClick={() => void put(null)}>
          {words.removePin}
        </button>
      )}
    </form>
  );
}

function Rights({ user }: { user: KitRecord }) {
  const session = useSession();
  const asked = useQuery({
    queryKey: ['record', 'users', user.id, 'access'],
    queryFn: ({ signal }) => session.get<UserAccess>(`/users/${user.id}/access`, signal),
  });
  if (asked.error) return <Problem error={asked.error} retry={() => void asked.refetch()} />;
  if (!asked.data) return null;
  return <RightsForm key={asked.data.version} access={asked.data} archived={user.archivedAt !== null} />;
}

function RightsForm({ access: given, archived }: { access: UserAccess; archived: boolean }) {
  const words = useWords(userWords);
  const session = useSession();
  const access = useAccess();
  const queries = useQueryClient();
  const command = useCommand();
  const [roles, setRoles] = useState<readonly RoleRow[]>(
    given.roles.map(({ roleId, plantId }) => ({ roleId, plantId })),
  );
  const [allPlants, setAllPlants] = useState(given.allPlants);
  const [plantIds, setPlantIds] = useState<readonly number[]>(given.plantIds);
  const rolesChanged =
    JSON.stringify(roles) !== JSON.stringify(given.roles.map(({ roleId, plantId }) => ({ roleId, plantId })));
  const plantsChanged =
    allPlants !== given.allPlants || (!allPlants && JSON.stringify(plantIds) !== JSON.stringify(given.plantIds));
  const may = access.may('users.assign') && !archived;
  const put = (what: 'roles' | 'plant-access', body: object) =>
    void command.run(async () => {
      await session.send('PUT', `/users/${given.userId}/${what}`, { body: { version: given.version, ...body } });
      await queries.invalidateQueries({ queryKey: ['record', 'users', given.userId] });
      await queries.invalidateQueries({ queryKey: ['history', 'users', given.userId] });
      if (given.userId === access.userId) await queries.invalidateQueries({ queryKey: ACCESS_KEY });
    });
  const toggle = (plantId: number, on: boolean) =>
    setPlantIds((before) => (on ? [...before, plantId] : before.filter((one) => one !== plantId)));
  return (
    <>
      <section>
        <h2>{words.rights}</h2>
        <RoleRows rows={roles} onChange={may ? setRoles : null} />
        {may && (
          <div className="actions">
            <button
              type="button"
              className={rolesChanged ? 'main' : 'main hidden-space'}
              aria-disabled={command.busy}
              onClick={() => put('roles', { roles })}
            >
              {words.saveRoles}
            </button>
          </div>
        )}
      </section>
      <section>
        <h2>{words.plants}</h2>
        <fieldset disabled={!may}>
          <legend className="hidden">{words.plants}</legend>
          <label className="given">
            <input type="radio" checked={allPlants} onChange={() => setAllPlants(true)} />
            {words.allPlants}
          </label>
          <label className="given">
            <input type="radio" checked={!allPlants} onChange={() => setAllPlants(false)} />
            {words.somePlants}
          </label>
          {!allPlants &&
            access.plants.map((plant) => (
              <label key={plant.id} className="given">
                <input
                  type="checkbox"
                  checked={plantIds.includes(plant.id)}
                  onChange={(event) => toggle(plant.id, event.target.checked)}
                />
                {plant.name}
              </label>
            ))}
        </fieldset>
        {may && (
          <div className="actions">
            <button
              type="button"
              className={plantsChanged ? 'main' : 'main hidden-space'}
              aria-disabled={command.busy}
              onClick={() => put('plant-access', { allPlants, plantIds: allPlants ? [] : plantIds })}
            >
              {words.savePlants}
            </button>
          </div>
        )}
      </section>
      {command.error && <Problem error={command.error} />}
    </>
  );
}
