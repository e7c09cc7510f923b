// The last step of a first run: people, one after the other, each with roles and where they count.

import { useState } from 'react';
import { Link } from 'wouter';
import { Toolbar } from '../kit/list-toolbar.tsx';
import type { KitRecord } from '../kit/page.ts';
import { useWords } from '../kit/use-words.ts';
import { Invitation, UserForm } from '../pages/users/new-user.tsx';
import { useTitle } from '../shell/use-title.ts';
import { SETUP_STEPS } from './setup-page.tsx';
import { entryWords } from './words.ts';

export function WelcomePage() {
  const words = useWords(entryWords);
  const [people, setPeople] = useState<readonly KitRecord[]>([]);
  const [adding, setAdding] = useState(true);
  useTitle(words.people);
  return (
    <div className="page form-page">
      <Toolbar title={words.people}>
        <span className="unit">{words.step(SETUP_STEPS, SETUP_STEPS)}</span>
        <div className="does">
          <Link href="/now" className="button main">
            {words.finish}
          </Link>
        </div>
      </Toolbar>
      <div className="stack">
        <p>{words.peopleIntro}</p>
        <p>
          <Link href="/admin/roles/new">{words.ownRole}</Link>
        </p>
        {people.length > 0 && (
          <section aria-live="polite">
            <h2>{words.peopleMade}</h2>
            <ul>
              {people.map((person) => (
                <li key={person.id}>
                  <Link href={`/admin/users/${person.id}`}>{String(person['displayName'])}</Link>
                  {person['invitation'] !== null && <Invitation user={person} />}
                </li>
              ))}
            </ul>
          </section>
        )}
        {adding ? (
          <UserForm
            made={(user) => {
              setPeople((before) => [...before, user]);
              setAdding(false);
            }}
          />
        ) : (
          <button type="button" className="main" onClick={() => setAdding(true)}>
            {words.another}
          </button>
        )}
      </div>
    </div>
  );
}
