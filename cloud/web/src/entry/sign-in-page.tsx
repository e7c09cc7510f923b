// Signing in; a member of several organisations chooses one.

import { type FormEvent, useEffect, useState } from 'react';
import { useWords } from '../kit/use-words.ts';
import { Mark } from '../shell/glyphs.tsx';
import { ApiError, type Session } from '../shell/session.ts';
import { useSettings } from '../shell/settings.ts';
import { ForgotPassword } from './forgot-password.tsx';
import { LanguageChoice } from './language-choice.tsx';
import { entryWords } from './words.ts';

export function SignInPage({ session }: { session: Session }) {
  const { words } = useSettings();
  const entry = useWords(entryWords);
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [organizations, setOrganizations] = useState<{ id: number; name: string }[] | null>(null);
  const [forgot, setForgot] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  useEffect(() => {
    document.title = `${words.signIn} – ${words.appName}`;
  }, [words]);

  const signIn = async (organizationId?: number): Promise<void> => {
    setBusy(true);
    setError(null);
    try {
      const choice = await session.signIn({
        ...(email.includes('@') ? { email } : { badge: email.trim() }),
        password,
        ...(organizationId === undefined ? {} : { organizationId }),
      });
      if (choice) setOrganizations(choice);
    } catch (cause) {
      if (!(cause instanceof ApiError)) setError(words.serverUnreachable);
      else if (cause.status === 429) setError(entry.locked(Math.ceil((cause.retryAfter ?? 60) / 60)));
      else if (cause.status < 500) setError(words.wrongCredentials);
      else setError(words.requestFailed(cause.requestId));
    }
    setBusy(false);
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (!busy) void signIn();
  };

  if (forgot)
    return (
      <main className="sign-in">
        <ForgotPassword given={email} back={() => setForgot(false)} />
      </main>
    );
  return (
    <main className="sign-in">
      <form onSubmit={submit}>
        <h1>
          <Mark /> {words.appName}
        </h1>
        {organizations === null ? (
          <>
            <label>
              {entry.emailOrBadge}
              <input
                name="email"
                autoComplete="username"
                required
                minLength={3}
                maxLength={254}
                value={email}
                onChange={(event) => setEmail(event.target.value)}
              />
            </label>
            <label>
              {words.password}
              <input
                type="password"
                name="password"
                autoComplete="current-password"
                required
                maxLength={256}
                value={password}
                onChange={(event) => setPassword(event.target.value)}
              />
            </label>
            <button type="submit" aria-disabled={busy}>
              {busy ? words.signingIn : words.signIn}
            </button>
            <button type="button" className="quiet" onClick={() => setForgot(true)}>
              {entry.forgot}
            </button>
          </>
        ) : (
          <fieldset>
            <legend>{words.chooseOrganization}</legend>
            {organizations.map(({ id, name }) => (
              <button key={id} type="button" onClick={() => void signIn(id)}>
                {name}
              </button>
            ))}
            <button type="button" className="quiet" onClick={() => setOrganizations(null)}>
              {words.back}
            </button>
          </fieldset>
        )}
        <p role="alert" className="error">
          {error}
        </p>
        <LanguageChoice label={words.language} />
      </form>
    </main>
  );
}
