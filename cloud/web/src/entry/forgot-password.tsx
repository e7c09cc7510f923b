// Asking for a link to set a new password. The answer is the same for every address, so that nobody learns
// here who has one.

import { type FormEvent, useId, useState } from 'react';
import { FormRow } from '../kit/field-input.tsx';
import { useProblemText } from '../kit/problem.tsx';
import { useCommand } from '../kit/use-command.ts';
import { useWords } from '../kit/use-words.ts';
import { useSession } from '../shell/context.ts';
import { entryWords } from './words.ts';

export function ForgotPassword({ given, back }: { given: string; back(): void }) {
  const words = useWords(entryWords);
  const session = useSession();
  const textOf = useProblemText();
  const command = useCommand();
  const [email, setEmail] = useState(given.includes('@') ? given : '');
  const [sent, setSent] = useState(false);
  const id = useId();
  const send = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (await command.run(() => session.sendOpenly('POST', '/auth/forgot-password', { email: email.trim() })))
      setSent(true);
  };
  return (
    <form onSubmit={(event) => void send(event)}>
      <h1>{words.forgotTitle}</h1>
      {sent ? (
        <output>{words.forgotSent}</output>
      ) : (
        <>
          <FormRow id={id} label={words.email} hint={words.forgotHint} fault={command.faults['email']}>
            <input
              id={id}
              type="email"
              autoComplete="username"
              required
              maxLength={254}
              aria-describedby={`${id}-says`}
              value={email}
              onChange={(event) => setEmail(event.target.value)}
            />
          </FormRow>
          <button type="submit" aria-disabled={command.busy}>
            {words.forgotSend}
          </button>
          <p role="alert" className="error">
            {command.error && command.faults['email'] === undefined && textOf(command.error)}
          </p>
        </>
      )}
      <button type="button" className="quiet" onClick={back}>
        {words.toSignIn}
      </button>
    </form>
  );
}
