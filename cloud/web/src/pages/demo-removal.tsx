// Taking the demo away. It cannot be undone, so it says what goes and wants a word typed.

import { useQuery } from '@tanstack/react-query';
import { type FormEvent, useId, useState } from 'react';
import { Problem } from '../kit/problem.tsx';
import { useCommand } from '../kit/use-command.ts';
import { useWords } from '../kit/use-words.ts';
import { useAccess, useSession } from '../shell/context.ts';

const en = {
  title: 'Remove the demo',
  explain:
    'This removes the demo organisations with their people, machines, values and audit trail, for good. What is no demo stays. Afterwards you are signed out; an empty installation begins with its first run.',
  word: 'remove',
  type: (word: string) => `Type “${word}” to confirm`,
  remove: 'Remove the demo for good',
};
const de: typeof en = {
  title: 'Vorführung entfernen',
  explain:
    'Das entfernt die Organisationen der Vorführung mit ihren Menschen, Maschinen, Werten und Protokollen endgültig. Was keine Vorführung ist, bleibt. Danach sind Sie abgemeldet; eine leere Installation beginnt mit dem ersten Start.',
  word: 'entfernen',
  type: (word) => `Zum Bestätigen „${word}“ eingeben`,
  remove: 'Vorführung endgültig entfernen',
};

export function DemoRemoval() {
  const words = useWords({ en, de });
  const session = useSession();
  const access = useAccess();
  const command = useCommand();
  const [typed, setTyped] = useState('');
  const id = useId();
  const setup = useQuery({
    queryKey: ['setup'],
    queryFn: ({ signal }) => session.get<{ demo: boolean }>('/setup', signal),
  });
  if (!setup.data?.demo || !access.may('demo-data.delete')) return null;
  const remove = (event: FormEvent): void => {
    event.preventDefault();
    if (typed.trim().toLowerCase() !== words.word) return;
    void command.run(async () => {
      await session.send('DELETE', '/demo-data');
      await session.signOut();
    });
  };
  return (
    <section className="stack">
      <h2>{words.title}</h2>
      <p>{words.explain}</p>
      <form onSubmit={remove} className="actions">
        <label htmlFor={id}>{words.type(words.word)}</label>
        <input id={id} autoComplete="off" value={typed} onChange={(event) => setTyped(event.target.value)} />
        {typed.trim().toLowerCase() === words.word && (
          <button type="submit" className="main" aria-disabled={command.busy}>
            {words.remove}
          </button>
        )}
      </form>
      {command.error && <Problem error={command.error} />}
    </section>
  );
}
