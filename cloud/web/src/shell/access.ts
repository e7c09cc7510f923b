// What the signed-in person may do and see, so that screens do not offer what would be refused. The server
// decides; this only keeps useless buttons away.

import { useQuery } from '@tanstack/react-query';
import type { OwnSession } from '../../../domains/roles/index.ts';
import type { Session } from './session.ts';

export type AccessPlant = OwnSession['plants'][number];

export interface Access {
  /** Whether one has this permission, everywhere or in at least one plant. */
  may(permission: string): boolean;
  /** The plants one may see. */
  readonly plants: readonly AccessPlant[];
  /** Null where no person stands behind the session. */
  readonly userId: number | null;
  readonly organization: { readonly id: number; readonly name: string };
  /** Names of what one may. */
  readonly permissions: ReadonlySet<string>;
}

export interface LoadedAccess {
  /** Undefined until the server has answered. */
  readonly access: Access | undefined;
  readonly error: Error | null;
  retry(): void;
}

/** Rights may change while a page is open; this is how long a useless button may stay. */
const REFETCH_MS = 60_000;

/** Known by this key to whatever changes what one may see. */
export const ACCESS_KEY = ['access'] as const;

export function useLoadedAccess(session: Session): LoadedAccess {
  const asked = useQuery({
    queryKey: ACCESS_KEY,
    queryFn: ({ signal }) => session.get<OwnSession>('/session', signal),
    select: toAccess,
    refetchInterval: REFETCH_MS,
  });
  return { access: asked.data, error: asked.error, retry: () => void asked.refetch() };
}

function toAccess({ user, organization, plants, permissions }: OwnSession): Access {
  const names = new Set(permissions.map(({ name }) => name));
  return { may: (permission) => names.has(permission), plants, userId: user.id, organization, permissions: names };
}
