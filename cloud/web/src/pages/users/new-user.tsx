// Making a user: with e-mail, badge or neither, a first password or PIN, and the first roles. Whoever has an
// address and no password is invited, by mail or with a link to hand over.

import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useEffect, useId, useRef, useState } from 'react';
import { Link, useLocation } from 'wouter';
import { FormRow } from '../../kit/field-input.tsx';
import { useLeaveGuard } from '../../kit/leave-guard.tsx';
import { Toolbar } from '../../kit/list-toolbar.tsx';
import type { KitRecord } from '../../kit/page.ts';
import { Problem } from '../../kit/problem.tsx';
import { useCommand } from '../../kit/use-command.ts';
import { useWords } from '../../kit/use-words.ts';
import { kitWords } from '../../kit/words.ts';
import { useAccess, useSession } from '../../shell/context.ts';
import { type Language, languages, useSettings } from '../../shell/settings.ts';
import { useTitle } from '../../shell/use-title.ts';
import { useMoment } from '../../shell/zone.ts';
import { type RoleRow, RoleRows } from './role-rows.tsx';
import { Once } from './user-detail.tsx';
import { userWords } from './words.ts';

const nobody = { displayName: '', email: '', badge: '', password: '', pin: '' };

export function NewUser({ base }: { base: string }) {
  const words = useWords(userWords);
  const [, navigate] = useLocation();
  const [invited, setInvited] = useState<KitRecord | null>(null);
  useTitle(words.newTitle);
  const made = (user: KitRecord): void => {
    if (user['invitation'] === null) navigate(`${base}/${user.id}`, { replace: true });
    else setInvited(user);
  };
  return (
    <div className="page form-page">
      <Toolbar title={words.newTitle} />
      {invited ? (
        <div className="stack">
          <Invitation user={invited} />
          <div className="actions">
            <Link className="button main" href={`${base}/${invited.id}`} replace>
              {words.openUser}
            </Link>
          </div>
        </div>
      ) : (
        <UserForm made={made} cancel={() => navigate(base)} />
      )}
    </div>
  );
}

/** How somebody new comes to a password: by the letter, or by a link that is shown this one time. */
export function Invitation({ user }: { user: KitRecord }) {
  const words = useWords(userWords);
  const session = useSession();
  const access = useAccess();
  const moment = useMoment();
  const may = access.may('users.update');
  const byHand = user['invitation'] === 'by_hand';
  const command = useCommand();
  const [link, setLink] = useState<{ path: string; expiresAt: string } | null>(null);
  const make = () =>
    command.run(async () => {
      const body = { by: 'link' };
      setLink(
        await session.send<{ path: string; expiresAt: string }>('POST', `/users/${user.id}/reset-link`, { body }),
      );
    });
  const asked = useRef(false);
  useEffect(() => {
    // Once: each link ends the one before.
    if (!byHand || !may || asked.current) return;
    asked.current = true;
    void make();
  });
  return (
    <div aria-live="polite">
      {user['invitation'] === 'mailed' && <p>{words.invited(String(user['email']))}</p>}
      {byHand && (
        <p>
          {words.handOver} {may ? '' : words.noLink}
        </p>
      )}
      {link && (
        <Once text={location.origin + link.path} label={words.link} says={words.linkOnce(moment(link.expiresAt))} />
      )}
      {command.error && <Problem error={command.error} retry={() => void make()} />}
    </div>
  );
}

/** `made` is called with the new user, who is stored. */
export function UserForm({ made, cancel }: { made(user: KitRecord): void; cancel?(): void }) {
  const words = useWords(userWords);
  const kit = useWords(kitWords);
  const { language: own, words: shell } = useSettings();
  const session = useSession();
  const queries = useQueryClient();
  const [fields, setFields] = useState(nobody);
  const [language, setLanguage] = useState<Language>(own);
  const [roles, setRoles] = useState<readonly RoleRow[]>([]);
  const [key] = useState(() => crypto.randomUUID());
  const command = useCommand();
  const guard = useLeaveGuard(roles.length > 0 || Object.values(fields).some((text) => text !== ''));
  const id = useId();
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => form.current?.querySelector('input')?.focus(), []);
  const save = (event: FormEvent): void => {
    event.preventDefault();
    if (fields.displayName.trim() === '') {
      command.fail({ displayName: kit.faults.missing });
      return;
    }
    const given = Object.entries(fields).filter(([, text]) => text.trim() !== '');
    const body = { ...Object.fromEntries(given.map(([name, text]) => [name, text.trim()])), language, roles };
    void command.run(async () => {
      const user = await session.send<KitRecord>('POST', '/users', { body, idempotencyKey: key });
      guard.release();
      void queries.invalidateQueries({ queryKey: ['list', 'users'] });
      made(user);
    });
  };
  const row = (name: keyof typeof nobody, label: string, options: { hint?: string; type?: string; max: number }) => (
    <FormRow
      id={`${id}${name}`}
      label={label}
      required={name === 'displayName'}
      hint={options.hint}
      fault={command.faults[name]}
    >
      <input
        id={`${id}${name}`}
        type={options.type ?? 'text'}
        inputMode={name === 'pin' ? 'numeric' : undefined}
        autoComplete={name === 'password' ? 'new-password' : 'off'}
        maxLength={options.max}
        aria-describedby={`${id}${name}-says`}
        aria-invalid={command.faults[name] !== undefined}
        value={fields[name]}
        onChange={(event) => setFields((before) => ({ ...before, [name]: event.target.value }))}
      />
    </FormRow>
  );
  return (
    <>
      <form ref={form} noValidate onSubmit={save} className="record-form">
        <p className="unit">{words.how}</p>
        {row('displayName', kit.name, { max: 100 })}
        {row('email', shell.email, { type: 'email', max: 254 })}
        {row('badge', kit.badge, { max: 64 })}
        {row('password', words.initialPassword, { type: 'password', hint: words.initialPasswordHint, max: 256 })}
        {row('pin', words.initialPin, { type: 'password', hint: words.initialPinHint, max: 8 })}
        <FormRow id={`${id}language`} label={shell.language}>
          <select
            id={`${id}language`}
            value={language}
            onChange={(event) => setLanguage(event.target.value as Language)}
          >
            {Object.entries(languages).map(([tag, name]) => (
              <option key={tag} value={tag}>
                {name}
              </option>
            ))}
          </select>
        </FormRow>
        <fieldset>
          <legend>{words.rights}</legend>
          <RoleRows rows={roles} onChange={setRoles} />
        </fieldset>
        {command.error && <Problem error={command.error} />}
        <div className="actions">
          <button type="submit" className="main" aria-disabled={command.busy}>
            {command.busy ? kit.saving : kit.create}
          </button>
          {cancel && (
            <button type="button" onClick={cancel}>
              {kit.cancel}
            </button>
          )}
        </div>
      </form>
      {guard.question}
    </>
  );
}
