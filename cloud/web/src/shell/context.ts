// What every signed-in component may ask for: the session, and what its person may do and see.

import { createContext, useContext } from 'react';
import type { Access } from './access.ts';
import type { Session } from './session.ts';

export const SessionContext = createContext<Session | null>(null);
export const AccessContext = createContext<Access | null>(null);

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (!session) throw new Error('no session around this component');
  return session;
}

export function useAccess(): Access {
  const access = useContext(AccessContext);
  if (!access) throw new Error('nobody is signed in around this component');
  return access;
}
