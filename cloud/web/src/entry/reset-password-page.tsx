// A new password by a one-time link. The token is in the fragment of the address, which no log ever sees.

import { type FormEvent, useId, useState } from 'react';
import { Link } from 'wouter';
import { FormRow } from '../kit/field-input.tsx';
import { useProblemText } from '../kit/problem.tsx';
import { useCommand } from '../kit/use-command.ts';
import { useWords } from '../kit/use-words.ts';
import { Mark } from '../shell/glyphs.tsx';
import type { Session } from '../shell/session.ts';
import { useSettings } from '../shell/settings.ts';
import { useTitle } from '../shell/use-title.ts';
import { LanguageChoice } from './language-choice.tsx';
import { entryWords } from './words.ts';

export function ResetPasswordPage({ session }: { session: Session }) {
  const words = useWords(entryWords);
  const { words: shell } = useSettings();
  const textOf = useProblemText();
  const [token] = useState(() => new URLSearchParams(location.hash.slice(1)).get('token') ?? '');
  const [password, setPassword] = useState('');
  const [again, setAgain] = useState('');
  const [done, setDone] = useState(false);
  const command = useCommand();
  const id = useId();
  useTitle(words.resetTitle);
  const save = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (password !== again) {
      command.fail({ again: words.differs });
      return;
    }
    const went = await command.run(() => session.sendOpenly('POST', '/auth/reset-password', { token, password }));
    if (!went) return;
    // The link is spent; it does not stay in the history of this browser.
    history.replaceState(null, '', location.pathname);
    setDone(true);
  };
  const input = (name: 'password' | 'again', value: string, change: (text: string) => void) => (
    <input
      id={`${id}${name}`}
      type="password"
      autoComplete="new-password"
      required
      maxLength={256}
      aria-describedby={`${id}${name}-says`}
      aria-invalid={command.faults[name] !== undefined}
      value={value}
      onChange={(event) => change(event.target.value)}
    />
  );
  return (
    <main className="sign-in">
      <form onSubmit={(event) => void save(event)}>
        <h1>
          <Mark /> {words.resetTitle}
        </h1>
        {done || token === '' ? (
          <>
            <output>{done ? words.resetDone : words.noToken}</output>
            <p>
              <Link href="/">{words.toSignIn}</Link>
            </p>
          </>
        ) : (
          <>
            <FormRow
              id={`${id}password`}
              label={words.newPassword}
              hint={words.passwordHint}
              fault={command.faults['password']}
            >
              {input('password', password, setPassword)}
            </FormRow>
            <FormRow id={`${id}again`} label={words.repeat} fault={command.faults['again']}>
              {input('again', again, setAgain)}
            </FormRow>
            <button type="submit" aria-disabled={command.busy}>
              {words.setPassword}
            </button>
            <p role="alert" className="error">
              {command.error && command.faults['password'] === undefined && textOf(command.error)}
            </p>
          </>
        )}
        <LanguageChoice label={shell.language} />
      </form>
    </main>
  );
}
