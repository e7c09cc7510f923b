// Pairing this device: the code comes from an administrator's screen, typed or in the address of a link.

import { type FormEvent, useId, useState } from 'react';
import { useLocation } from 'wouter';
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

export function PairPage({ session }: { session: Session }) {
  const words = useWords(entryWords);
  const { words: shell } = useSettings();
  const textOf = useProblemText();
  const [, navigate] = useLocation();
  const command = useCommand();
  const [code, setCode] = useState(() => new URLSearchParams(location.hash.slice(1)).get('code') ?? '');
  const id = useId();
  useTitle(words.pairTitle);
  const pair = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (await command.run(() => session.sendOpenly('POST', '/device/pair', { code: code.trim() }))) {
      navigate('/', { replace: true });
      await session.restore();
    }
  };
  return (
    <main className="sign-in">
      <form onSubmit={(event) => void pair(event)}>
        <h1>
          <Mark /> {words.pairTitle}
        </h1>
        <FormRow id={id} label={words.pairCode} hint={words.pairHint} fault={command.faults['code']}>
          <input
            id={id}
            autoComplete="off"
            required
            minLength={10}
            maxLength={20}
            aria-describedby={`${id}-says`}
            value={code}
            onChange={(event) => setCode(event.target.value)}
          />
        </FormRow>
        <button type="submit" aria-disabled={command.busy}>
          {words.pair}
        </button>
        <p role="alert" className="error">
          {command.error && command.faults['code'] === undefined && textOf(command.error)}
        </p>
        <LanguageChoice label={shell.language} />
      </form>
    </main>
  );
}
