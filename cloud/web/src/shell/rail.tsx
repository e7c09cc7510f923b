// The left rail: where one is and can go, and who one is. Pages that do not exist yet are not in it.

import { Fragment } from 'react';
import { Link, useLocation, useRoute } from 'wouter';
import { mayAdminister } from '../pages/admin.tsx';
import { maySeeMachines } from '../pages/machine/may-see.ts';
import { maySeeOee } from '../pages/oee/oee-page.tsx';
import { maySeeOrders } from '../pages/orders.tsx';
import { plantPageAt } from '../pages/plant-page.ts';
import { maySetUp } from '../pages/plant-setup.tsx';
import { useAccess } from './context.ts';
import { Glyph, Mark } from './glyphs.tsx';
import { Place } from './place.tsx';
import type { Present, Session } from './session.ts';
import { type Language, languages, themes, useSettings } from './settings.ts';

export function Rail({ session, signedIn }: { session: Session; signedIn: Present }) {
  const { words } = useSettings();
  const access = useAccess();
  const [onNow] = useRoute('/now');
  const [onSetup] = useRoute('/plant-setup/*?');
  const [onMachines] = useRoute('/machines/*?');
  const [onOee] = useRoute('/oee');
  const [onOrders] = useRoute('/orders/*?');
  const [location] = useLocation();
  return (
    <header className="rail">
      <div className="brand" title={words.appName}>
        <Mark />
        <span>Unison</span>
      </div>
      <Place page={plantPageAt(location)} />
      <nav aria-label={words.mainNavigation}>
        <Link href="/now" aria-current={onNow ? 'page' : undefined}>
          <Glyph name="now" />
          {words.now}
        </Link>
        {maySeeMachines(access) && (
          <Link href="/machines" aria-current={onMachines ? 'page' : undefined}>
            <Glyph name="machine" />
            {words.machines}
          </Link>
        )}
        {maySeeOee(access) && (
          <Link href="/oee" aria-current={onOee ? 'page' : undefined}>
            <Glyph name="oee" />
            {words.oee}
          </Link>
        )}
        {maySeeOrders(access) && (
          <Link href="/orders" aria-current={onOrders ? 'page' : undefined}>
            <Glyph name="orders" />
            {words.orders}
          </Link>
        )}
        {maySetUp(access) && (
          <Link href="/plant-setup" aria-current={onSetup ? 'page' : undefined}>
            <Glyph name="plant" />
            <span>
              {words.plantSetup.split(' ').map((word, at) => (
                <Fragment key={word}>
                  {at > 0 && ' '}
                  <span className="unbroken">{word}</span>
                </Fragment>
              ))}
            </span>
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
