// What somebody sees who is not signed in: the first run of an empty installation, else signing in.

import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useWords } from '../kit/use-words.ts';
import { useSession } from '../shell/context.ts';
import { Mark } from '../shell/glyphs.tsx';
import { useSettings } from '../shell/settings.ts';
import { LanguageChoice } from './language-choice.tsx';
import { SetupPage } from './setup-page.tsx';
import { SignInPage } from './sign-in-page.tsx';
import { TabletSignIn, type TabletUser } from './tablet-sign-in.tsx';
import { entryWords } from './words.ts';

export function Entry() {
  const session = useSession();
  const words = useWords(entryWords);
  const { words: shell } = useSettings();
  const setup = useQuery({
    queryKey: ['setup'],
    queryFn: ({ signal }) => session.get<{ empty: boolean }>('/setup', signal),
    // Whoever is told to sign in where nobody is yet has no way on: asked until it is answered.
    retry: true,
  });
  // Who is no paired tablet is told so by 401.
  const tablet = useQuery({
    queryKey: ['tablet-users'],
    queryFn: ({ signal }) => session.getOpenly<{ items: TabletUser[] }>('/device/users', signal),
    retry: false,
  });
  const [otherwise, setOtherwise] = useState(false);
  if (setup.data?.empty) return <SetupPage />;
  const users = tablet.data?.items ?? [];
  if (users.length === 0 || otherwise) return <SignInPage session={session} />;
  return (
    <main className="sign-in">
      <div className="tablet">
        <h1>
          <Mark /> {shell.appName}
        </h1>
        <TabletSignIn session={session} users={users} />
        <button type="button" className="quiet" onClick={() => setOtherwise(true)}>
          {words.otherwise}
        </button>
        <LanguageChoice label={shell.language} />
      </div>
    </main>
  );
}
