// Where one is: the organisation, and on pages that show plants which one. One place for both on every
// page, to see it and to change it; who has no choice sees the names only.

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useLocation, useSearchParams } from 'wouter';
import type { SignedIn } from '../../../domains/identity/index.ts';
import { useAccess, useSession } from './context.ts';
import { keepChoice, type PlantUse, usePlant, usePlantInUrl, withPlant } from './plant.ts';
import { useSettings } from './settings.ts';

/** What a page shows of plants. */
export interface PlantPage {
  readonly use: PlantUse;
  /** Where it starts: a choice made deeper in leads there. */
  readonly home: string;
  /** The record one is at, where there is one; it has a plant of its own. */
  readonly record: { readonly name: string; readonly id: number } | null;
}

/** `page` null: it is about the organisation as a whole. */
export function Place({ page }: { page: PlantPage | null }) {
  const { words } = useSettings();
  const { organization, plants } = useAccess();
  const [location] = useLocation();
  usePlantInUrl(page && location === page.home ? page.use : null);
  const shown = useShownPlant(page);
  const others = useOtherOrganizations();
  const names = (
    <>
      <span className="hidden">{words.place}: </span>
      <span className="organization" title={organization.name}>
        {organization.name}
      </span>{' '}
      {page && plants.length > 0 && (
        <strong className="plant" title={shown.name}>
          {shown.name}
        </strong>
      )}
    </>
  );
  const choices = page !== null && plants.length > 1;
  if (!choices && others.length === 0) return <p className="place">{names}</p>;
  return (
    <>
      <button type="button" className="place" popoverTarget="place">
        {names}
      </button>
      <dialog id="place" popover="auto" className="account" aria-label={words.place}>
        {choices && <PlantChoice page={page} chosen={shown.id} />}
        <OrganizationChoice others={others} />
      </dialog>
    </>
  );
}

/** The record's own plant where one is at a record, else the chosen one. */
function useShownPlant(page: PlantPage | null): { readonly id: number | null; readonly name: string } {
  const { words } = useSettings();
  const { plants } = useAccess();
  const { id, plant } = usePlant(page?.use ?? 'any');
  const session = useSession();
  const { name, id: recordId } = page?.record ?? { name: '', id: 0 };
  // Only listens to what the page itself asks for.
  const { data } = useQuery({
    queryKey: ['record', name, recordId],
    queryFn: ({ signal }) => session.get<{ plantId?: unknown }>(`/${name}/${recordId}`, signal),
    enabled: false,
  });
  const own = page?.record ? plants.find((one) => one.id === data?.plantId) : undefined;
  const shown = own ?? plant;
  if (shown) return shown;
  return id === null ? { id, name: words.allPlants } : { id, name: words.choosePlant };
}

function PlantChoice({ page, chosen }: { page: PlantPage; chosen: number | null }) {
  const { words } = useSettings();
  const access = useAccess();
  const [location, navigate] = useLocation();
  const [parameters] = useSearchParams();
  const choose = (id: number | null, button: HTMLElement): void => {
    close(button);
    // Filters of a list hold for any plant; what is open on a page of one plant is that plant's.
    const kept = location === page.home && page.use === 'any' ? parameters : new URLSearchParams();
    navigate(`${page.home}?${withPlant(kept, keepChoice(access, id)).toString()}`);
  };
  const options = access.plants.map(({ id, name }): { id: number | null; name: string } => ({ id, name }));
  if (page.use === 'any') options.unshift({ id: null, name: words.allPlants });
  return (
    <fieldset className="choices">
      <legend>{words.plant}</legend>
      {options.map(({ id, name }) => (
        <button
          key={id}
          type="button"
          aria-current={id === chosen ? 'true' : undefined}
          onClick={(event) => choose(id, event.currentTarget)}
        >
          {name}
        </button>
      ))}
    </fieldset>
  );
}

interface Membership {
  readonly id: number;
  readonly name: string;
  readonly current: boolean;
}

function useOtherOrganizations(): readonly Membership[] {
  const session = useSession();
  const asked = useQuery({
    queryKey: ['organizations'],
    queryFn: ({ signal }) => session.get<{ items: Membership[] }>('/auth/organizations', signal),
  });
  return asked.data?.items.filter(({ current }) => !current) ?? [];
}

/** Where else one belongs; a press leads there, with a session of its own. */
function OrganizationChoice({ others }: { others: readonly Membership[] }) {
  const { words } = useSettings();
  const { organization } = useAccess();
  const session = useSession();
  const queries = useQueryClient();
  const change = async (organizationId: number): Promise<void> => {
    const signedIn = await session.send<SignedIn>('POST', '/auth/switch-organization', { body: { organizationId } });
    // Nothing of the one is anything for the other, not even the address.
    history.replaceState(null, '', '/');
    queries.clear();
    session.become(signedIn);
  };
  if (others.length === 0) return null;
  return (
    <fieldset className="choices">
      <legend>{words.organization}</legend>
      <button type="button" aria-current="true" onClick={(event) => close(event.currentTarget)}>
        {organization.name}
      </button>
      {others.map(({ id, name }) => (
        <button key={id} type="button" onClick={() => void change(id)}>
          {name}
        </button>
      ))}
    </fieldset>
  );
}

/** A popover closes by itself for presses outside, not for those in it. */
function close(element: Element): void {
  element.closest<HTMLElement>('[popover]')?.hidePopover();
}
