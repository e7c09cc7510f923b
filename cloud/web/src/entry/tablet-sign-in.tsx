// Signing in at a paired tablet: one's name, then the PIN.

import { type FormEvent, useEffect, useId, useRef, useState } from 'react';
import { useCommand } from '../kit/use-command.ts';
import { useWords } from '../kit/use-words.ts';
import { ApiError, type Session } from '../shell/session.ts';
import { useSettings } from '../shell/settings.ts';
import { entryWords } from './words.ts';

export interface TabletUser {
  readonly id: number;
  readonly name: string;
}

export function TabletSignIn({ session, users }: { session: Session; users: readonly TabletUser[] }) {
  const words = useWords(entryWords);
  const { words: shell } = useSettings();
  const command = useCommand();
  const [who, setWho] = useState<TabletUser | null>(null);
  const [pin, setPin] = useState('');
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (who) input.current?.focus();
  }, [who]);
  if (!who)
    return (
      <fieldset>
        <legend>{words.whoAreYou}</legend>
        {users.map((user) => (
          <button key={user.id} type="button" onClick={() => setWho(user)}>
            {user.name}
          </button>
        ))}
      </fieldset>
    );
  const enter = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (!(await command.run(() => session.signIn({ userId: who.id, pin })))) setPin('');
  };
  const { error } = command;
  const says = !(error instanceof ApiError)
    ? shell.serverUnreachable
    : error.status === 429
      ? words.locked(Math.ceil((error.retryAfter ?? 60) / 60))
      : words.wrongPin;
  return (
    <form onSubmit={(event) => void enter(event)}>
      <label htmlFor={id}>{words.pinOf(who.name)}</label>
      <input
        ref={input}
        id={id}
        type="password"
        inputMode="numeric"
        autoComplete="off"
        required
        pattern="[0-9]{4,8}"
        maxLength={8}
        value={pin}
        onChange={(event) => setPin(event.target.value)}
      />
      <button type="submit" aria-disabled={command.busy}>
        {shell.signIn}
      </button>
      <button type="button" className="quiet" onClick={() => setWho(null)}>
        {words.back}
      </button>
      <p role="alert" className="error">
        {error && says}
      </p>
    </form>
  );
}
