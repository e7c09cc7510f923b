// The first run: organisation, plant and oneself, step by step. Nothing is stored before the third step is
// sent, and nothing typed is lost on the way back. The fourth step, people, is a page of its own.

import { type FormEvent, type HTMLInputAutoCompleteAttribute, useEffect, useId, useRef, useState } from 'react';
import { useLocation } from 'wouter';
import type { SignedIn } from '../../../domains/identity/index.ts';
import { FormRow } from '../kit/field-input.tsx';
import { useProblemText } from '../kit/problem.tsx';
import { useCommand } from '../kit/use-command.ts';
import { useWords } from '../kit/use-words.ts';
import { kitWords } from '../kit/words.ts';
import { TimeZoneInput } from '../pages/time-zone-input.tsx';
import { useSession } from '../shell/context.ts';
import { Mark } from '../shell/glyphs.tsx';
import { useSettings } from '../shell/settings.ts';
import { useTitle } from '../shell/use-title.ts';
import { LanguageChoice } from './language-choice.tsx';
import { entryWords } from './words.ts';

/** The fourth is the page of people. */
export const SETUP_STEPS = 4;

type Name =
  | 'organization'
  | 'plant/name'
  | 'plant/timeZone'
  | 'administrator/displayName'
  | 'administrator/email'
  | 'administrator/password';

const steps: readonly (readonly Name[])[] = [
  ['organization'],
  ['plant/name', 'plant/timeZone'],
  ['administrator/displayName', 'administrator/email', 'administrator/password'],
];

export function SetupPage() {
  const words = useWords(entryWords);
  const kit = useWords(kitWords);
  const { words: shell, language } = useSettings();
  const session = useSession();
  const textOf = useProblemText();
  const [, navigate] = useLocation();
  const [step, setStep] = useState(0);
  const [typed, setTyped] = useState<Readonly<Record<Name, string>>>({
    organization: '',
    'plant/name': '',
    'plant/timeZone': new Intl.DateTimeFormat().resolvedOptions().timeZone,
    'administrator/displayName': '',
    'administrator/email': '',
    'administrator/password': '',
  });
  const command = useCommand();
  const form = useRef<HTMLFormElement>(null);
  const id = useId();
  useTitle(words.setupTitle);
  const shownStep = useRef(-1);
  useEffect(() => {
    if (shownStep.current === step) return;
    shownStep.current = step;
    form.current?.querySelector<HTMLElement>('input:not([role])')?.focus();
  }, [step]);
  const shown = steps[step] ?? [];
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    const missing = shown.filter((name) => typed[name].trim() === '');
    command.fail(Object.fromEntries(missing.map((name) => [name, kit.faults.missing])));
    if (missing.length > 0) return;
    if (step < steps.length - 1) {
      setStep(step + 1);
      return;
    }
    let signedIn: SignedIn | undefined;
    await command.run(async () => {
      signedIn = await session.sendOpenly<SignedIn>('POST', '/setup', {
        organization: typed.organization.trim(),
        plant: { name: typed['plant/name'].trim(), timeZone: typed['plant/timeZone'] },
        administrator: {
          displayName: typed['administrator/displayName'].trim(),
          email: typed['administrator/email'].trim(),
          password: typed['administrator/password'],
          language,
        },
      });
    });
    if (!signedIn) return;
    navigate('/welcome', { replace: true });
    session.become(signedIn);
  };
  const elsewhere = Object.keys(command.faults).filter((name) => !shown.includes(name as Name));
  const labels: Record<Name, { label: string; hint?: string; type?: string; fill?: HTMLInputAutoCompleteAttribute }> = {
    organization: { label: words.organization, hint: words.organizationHint, fill: 'organization' },
    'plant/name': { label: words.plant, hint: words.plantHint },
    'plant/timeZone': { label: words.timeZone, hint: words.timeZoneHint },
    'administrator/displayName': { label: words.yourName, fill: 'name' },
    'administrator/email': { label: words.email, type: 'email', fill: 'username' },
    'administrator/password': {
      label: words.password,
      type: 'password',
      hint: words.passwordHint,
      fill: 'new-password',
    },
  };
  return (
    <main className="sign-in setup">
      <form ref={form} noValidate onSubmit={(event) => void submit(event)}>
        <h1>
          <Mark /> {words.setupTitle}
        </h1>
        <p>{words.setupIntro}</p>
        <h2>
          <span className="unit">{words.step(step + 1, SETUP_STEPS)}</span>{' '}
          {[words.organization, words.plant, words.you][step]}
        </h2>
        {shown.map((name) => {
          const { label, hint, type, fill } = labels[name];
          const fault = command.faults[name];
          const common = { id: `${id}${name}`, 'aria-describedby': `${id}${name}-says` };
          const change = (text: string) => setTyped((before) => ({ ...before, [name]: text }));
          return (
            <FormRow key={name} id={`${id}${name}`} label={label} required hint={hint} fault={fault}>
              {name === 'plant/timeZone' ? (
                <TimeZoneInput
                  id={common.id}
                  describedBy={common['aria-describedby']}
                  value={typed[name]}
                  onChange={(zone) => change(typeof zone === 'string' ? zone : '')}
                  invalid={fault !== undefined}
                />
              ) : (
                <input
                  {...common}
                  type={type ?? 'text'}
                  autoComplete={fill ?? 'off'}
                  maxLength={name === 'administrator/password' ? 256 : 100}
                  aria-invalid={fault !== undefined}
                  value={typed[name]}
                  onChange={(event) => change(event.target.value)}
                />
              )}
            </FormRow>
          );
        })}
        <div className="actions">
          <button type="submit" aria-disabled={command.busy}>
            {step < steps.length - 1 ? words.next : command.busy ? words.settingUp : words.begin}
          </button>
          {step > 0 && (
            <button type="button" className="quiet" onClick={() => setStep(step - 1)}>
              {words.back}
            </button>
          )}
        </div>
        <p role="alert" className="error">
          {command.error && (Object.keys(command.faults).length === 0 || elsewhere.length > 0) && textOf(command.error)}
        </p>
        <LanguageChoice label={shell.language} />
      </form>
    </main>
  );
}
