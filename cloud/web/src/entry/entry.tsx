// What somebody sees who is not signed in: the first run of an empty installation, else signing in.

import { useQuery } from '@tanstack/react-query';
import { useSession } from '../shell/context.ts';
import { SetupPage } from './setup-page.tsx';
import { SignInPage } from './sign-in-page.tsx';

export function Entry() {
  const session = useSession();
  const setup = useQuery({
    queryKey: ['setup'],
    queryFn: ({ signal }) => session.get<{ empty: boolean }>('/setup', signal),
  });
  return setup.data?.empty ? <SetupPage /> : <SignInPage session={session} />;
}
