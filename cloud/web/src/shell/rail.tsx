// The left rail: where one can go, and who one is. Pages that do not exist yet are not in it.

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useRoute } from 'wouter';
import type { SignedIn } from '../../../domains/identity/index.ts';
import { mayAdminister } from '../pages/admin.tsx';
import { maySetUp } from '../pages/plant-setup.tsx';
import { useAccess } from './context.ts';
import { Glyph, Mark } from './glyphs.tsx';
import type { Present, Session } from './session.ts';
import { type Language, languages, themes, useSettings } from './settings.ts';

export function Rail({ session, signedIn }: { session: Session; signedIn: Present }) {
  const { words } = useSettings();
  const access = useAccess();
  const [onNow] = useRoute('/now');
  const [onSetup] = useRoute('/plant-setup/*?');
  return (
    <header className="rail">
      <div className="brand" title={words.appName}>
        <Mark />
        <span>Unison</span>
      </div>
      <nav aria-label={words.mainNavigation}>
        <Link href="/now" aria-current={onNow ? 'page' : undefined}>
          <Glyph name="now" />
          {words.now}
        </Link>
        {maySetUp(access) && (
          <Link href="/plant-setup" aria-current={onSetup ? 'page' : undefined}>
            <Glyph name="plant" />
            {words.plantSetup}
          </Link>
        )}
      </nav>
      <Account session={session} signedIn={signedIn} />
    </header>
  );
}

/** A popover closes by itself for presses outside, not for links in it. */
function closeAround(element: Element): void {
  element.closest<HTMLElement>('[popover]')?.hidePopover();
}

/** Where else one belongs; a press leads there, with a session of its own. */
function OtherOrganizations({ session }: { session: Session }) {
  const { words } = useSettings();
  const asked = useQuery({
    queryKey: ['organizations'],
    queryFn: ({ signal }) =>
      session.get<{ items: { id: number; name: string; current: boolean }[] }>('/auth/organizations', signal),
  });
  const queries = useQueryClient();
  const others = asked.data?.items.filter(({ current }) => !current) ?? [];
  const change = async (organizationId: number): Promise<void> => {
    const signedIn = await session.send<SignedIn>('POST', '/auth/switch-organization', { body: { organizationId } });
    // Nothing of the one is anything for the other, not even the address.
    history.replaceState(null, '', '/');
    queries.clear();
    session.become(signedIn);
  };
  if (others.length === 0) return null;
  return (
    <fieldset>
      <legend>{words.switchTo}</legend>
      {others.map(({ id, name }) => (
        <button key={id} type="button" onClick={() => void change(id)}>
          {name}
        </button>
      ))}
    </fieldset>
  );
}

function Account({ session, signedIn }: { session: Session; signedIn: Present }) {
  const { words, language, theme, setLanguage, setTheme } = useSettings();
  const access = useAccess();
  const initials = signedIn.user.name
    .split(/\s+/)
    .slice(0, 2)
    .map((part) => part.charAt(0).toUpperCase())
    .join('');
  return (
    <>
      <button type="button" className="avatar" popoverTarget="account">
        <span aria-hidden="true">{initials}</span>
        <span className="hidden">
          {words.account}: {signedIn.user.name}
        </span>
      </button>
      <dialog id="account" popover="auto" className="account" aria-label={words.account}>
        <p>
          <strong>{signedIn.user.name}</strong>
          <br />
          {signedIn.organization.name}
        </p>
        <label>
          {words.language}
          <select value={language} onChange={(event) => setLanguage(event.target.value as Language)}>
            {Object.entries(languages).map(([tag, name]) => (
              <option key={tag} value={tag}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <label>
          {words.theme}
          <select
            value={theme}
            onChange={(event) => setTheme(themes.find((one) => one === event.target.value) ?? 'auto')}
          >
            {themes.map((one) => (
              <option key={one} value={one}>
                {words.themes[one]}
              </option>
            ))}
          </select>
        </label>
        <OtherOrganizations session={session} />
        <Link href="/profile" className="button" onClick={(event) => closeAround(event.currentTarget)}>
          {words.profile}
        </Link>
        {mayAdminister(access) && (
          <Link href="/admin" className="button" onClick={(event) => closeAround(event.currentTarget)}>
            {words.administration}
          </Link>
        )}
        <button type="button" onClick={() => void session.signOut()}>
          {words.signOut}
        </button>
      </dialog>
    </>
  );
}
