// Oneself: name, language, password, PIN, and where one is signed in.

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useId, useState } from 'react';
import { FormRow } from '../kit/field-input.tsx';
import { Toolbar } from '../kit/list-toolbar.tsx';
import { Problem } from '../kit/problem.tsx';
import { type Command, useCommand } from '../kit/use-command.ts';
import { useWords } from '../kit/use-words.ts';
import { kitWords } from '../kit/words.ts';
import { useSession } from '../shell/context.ts';
import { type Language, languages, useSettings } from '../shell/settings.ts';
import { useTitle } from '../shell/use-title.ts';
import { useMoment } from '../shell/zone.ts';

const en = {
  title: 'Profile',
  name: 'Name',
  language: 'Language of mails and reports',
  saved: 'Saved.',
  password: 'Password',
  oldPassword: 'Present password',
  newPassword: 'New password',
  passwordHint: 'At least 12 characters. Your other sessions end.',
  changePassword: 'Change password',
  pin: 'PIN for paired tablets',
  newPin: 'New PIN',
  pinHint: '4 to 8 digits',
  changePin: 'Set PIN',
  sessions: 'Where you are signed in',
  device: 'Device',
  since: 'Since',
  lastUsed: 'Last used',
  current: 'this one',
  end: 'End',
  endAll: 'Sign out everywhere',
};
const de: typeof en = {
  title: 'Profil',
  name: 'Name',
  language: 'Sprache von Mails und Berichten',
  saved: 'Gespeichert.',
  password: 'Passwort',
  oldPassword: 'Jetziges Passwort',
  newPassword: 'Neues Passwort',
  passwordHint: 'Mindestens 12 Zeichen. Ihre anderen Sitzungen enden.',
  changePassword: 'Passwort ändern',
  pin: 'PIN für gekoppelte Tablets',
  newPin: 'Neue PIN',
  pinHint: '4 bis 8 Ziffern',
  changePin: 'PIN setzen',
  sessions: 'Wo Sie angemeldet sind',
  device: 'Gerät',
  since: 'Seit',
  lastUsed: 'Zuletzt benutzt',
  current: 'hier',
  end: 'Beenden',
  endAll: 'Überall abmelden',
};

interface Profile {
  readonly displayName: string;
  readonly language: string;
  readonly version: number;
}

export function ProfilePage() {
  const words = useWords({ en, de });
  const session = useSession();
  const asked = useQuery({
    queryKey: ['profile'],
    queryFn: ({ signal }) => session.get<Profile>('/profile', signal),
  });
  useTitle(words.title);
  return (
    <div className="page form-page" aria-busy={!asked.data && !asked.error}>
      <Toolbar title={words.title} />
      {asked.error && <Problem error={asked.error} retry={() => void asked.refetch()} />}
      {asked.data && (
        <>
          <Names key={asked.data.version} profile={asked.data} />
          <Secret kind="password" />
          <Secret kind="pin" />
          <Sessions />
        </>
      )}
    </div>
  );
}

function Names({ profile }: { profile: Profile }) {
  const words = useWords({ en, de });
  const kit = useWords(kitWords);
  const { setLanguage: setOfDevice } = useSettings();
  const session = useSession();
  const queries = useQueryClient();
  const command = useCommand();
  const [displayName, setName] = useState(profile.displayName);
  const [language, setLanguage] = useState(profile.language);
  const id = useId();
  const save = (event: FormEvent): void => {
    event.preventDefault();
    if (displayName.trim() === '') {
      command.fail({ displayName: kit.faults.missing });
      return;
    }
    void command.run(async () => {
      const body = { version: profile.version, displayName: displayName.trim(), language };
      await session.send('PATCH', '/profile', { body });
      setOfDevice(language as Language);
      await queries.invalidateQueries({ queryKey: ['profile'] });
    });
  };
  return (
    <form onSubmit={save} className="stack" noValidate>
      <FormRow id={`${id}name`} label={words.name} required fault={command.faults['displayName']}>
        <input
          id={`${id}name`}
          maxLength={100}
          autoComplete="name"
          aria-describedby={`${id}name-says`}
          aria-invalid={command.faults['displayName'] !== undefined}
          value={displayName}
          onChange={(event) => setName(event.target.value)}
        />
      </FormRow>
      <FormRow id={`${id}language`} label={words.language}>
        <select id={`${id}language`} value={language} onChange={(event) => setLanguage(event.target.value)}>
          {Object.entries(languages).map(([tag, name]) => (
            <option key={tag} value={tag}>
              {name}
            </option>
          ))}
        </select>
      </FormRow>
      <Foot command={command} does={kit.save} />
    </form>
  );
}

function Foot({ command, does, told }: { command: Command; does: string; told?: string }) {
  return (
    <>
      {command.error && Object.keys(command.faults).length === 0 && <Problem error={command.error} />}
      <div className="actions">
        <button type="submit" className="main" aria-disabled={command.busy}>
          {does}
        </button>
        <output>{told}</output>
      </div>
    </>
  );
}

/** Both need the present password. */
function Secret({ kind }: { kind: 'password' | 'pin' }) {
  const words = useWords({ en, de });
  const session = useSession();
  const command = useCommand();
  const [old, setOld] = useState('');
  const [fresh, setFresh] = useState('');
  const [told, setTold] = useState('');
  const id = useId();
  const names = kind === 'password' ? (['oldPassword', 'newPassword'] as const) : (['password', 'pin'] as const);
  const save = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    setTold('');
    const body = { [names[0]]: old, [names[1]]: fresh };
    if (!(await command.run(() => session.send('POST', `/auth/change-${kind}`, { body })))) return;
    setOld('');
    setFresh('');
    setTold(words.saved);
  };
  const row = (
    at: 0 | 1,
    label: string,
    { hint, value, change }: { hint?: string; value: string; change(text: string): void },
  ) => (
    <FormRow id={`${id}${at}`} label={label} hint={hint} fault={command.faults[names[at]]}>
      <input
        id={`${id}${at}`}
        type="password"
        required
        autoComplete={at === 0 ? 'current-password' : kind === 'pin' ? 'off' : 'new-password'}
        inputMode={at === 1 && kind === 'pin' ? 'numeric' : undefined}
        maxLength={at === 1 && kind === 'pin' ? 8 : 256}
        aria-describedby={`${id}${at}-says`}
        aria-invalid={command.faults[names[at]] !== undefined}
        value={value}
        onChange={(event) => change(event.target.value)}
      />
    </FormRow>
  );
  const hint = kind === 'password' ? words.passwordHint : words.pinHint;
  return (
    <form onSubmit={(event) => void save(event)} className="stack">
      <h2>{kind === 'password' ? words.password : words.pin}</h2>
      {row(0, words.oldPassword, { value: old, change: setOld })}
      {row(1, kind === 'password' ? words.newPassword : words.newPin, { hint, value: fresh, change: setFresh })}
      <Foot command={command} does={kind === 'password' ? words.changePassword : words.changePin} told={told} />
    </form>
  );
}

interface OwnSession {
  readonly id: string;
  readonly deviceName: string;
  readonly createdAt: string;
  readonly lastUsedAt: string;
  readonly current: boolean;
}

function Sessions() {
  const words = useWords({ en, de });
  const session = useSession();
  const moment = useMoment(true);
  const command = useCommand();
  const asked = useQuery({
    queryKey: ['sessions'],
    queryFn: ({ signal }) => session.get<{ items: OwnSession[] }>('/auth/sessions', signal),
  });
  const end = (id: string) =>
    command.run(async () => {
      await session.send('DELETE', `/auth/sessions/${id}`);
      await asked.refetch();
    });
  const endAll = () =>
    command.run(async () => {
      await session.send('POST', '/auth/logout-everywhere');
      await session.signOut();
    });
  return (
    <section className="stack">
      <h2>{words.sessions}</h2>
      {(asked.error ?? command.error) && <Problem error={(asked.error ?? command.error) as Error} />}
      <table className="compare">
        <thead>
          <tr>
            <th scope="col">{words.device}</th>
            <th scope="col">{words.since}</th>
            <th scope="col">{words.lastUsed}</th>
            <th scope="col">{words.end}</th>
          </tr>
        </thead>
        <tbody>
          {asked.data?.items.map((one) => (
            <tr key={one.id}>
              <td>{one.deviceName || '–'}</td>
              <td>{moment(one.createdAt)}</td>
              <td>{moment(one.lastUsedAt)}</td>
              <td>
                {one.current ? (
                  words.current
                ) : (
                  <button type="button" onClick={() => void end(one.id)}>
                    {words.end}
                  </button>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <div className="actions">
        <button type="button" onClick={() => void endAll()}>
          {words.endAll}
        </button>
      </div>
    </section>
  );
}
