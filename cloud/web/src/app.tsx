// Signed in or not, and which page: the frame of everything.

import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState, useSyncExternalStore } from 'react';
import { Redirect, Route, Switch } from 'wouter';
import { NowPage } from './now/now-page.tsx';
import { Rail } from './shell/rail.tsx';
import type { Session } from './shell/session.ts';
import { SettingsContext, useDeviceSettings } from './shell/settings.ts';
import { SignInPage } from './entry/sign-in-page.tsx';

/** A restored session answers faster than this; showing a word for less would only flicker. */
const QUIET_MS = 400;

export function App({ session }: { session: Session }) {
  const settings = useDeviceSettings();
  const state = useSyncExternalStore(session.subscribe, session.state);
  const queries = useQueryClient();
  const signedOut = state.status === 'signed_out';
  // What one user saw is nothing for the next one at this browser.
  useEffect(() => {
    if (signedOut) queries.clear();
  }, [queries, signedOut]);
  return (
    <SettingsContext value={settings}>
      {state.status === 'restoring' && <Restoring />}
      {state.status === 'signed_out' && <SignInPage session={session} />}
      {state.status === 'signed_in' && (
        <div className="frame">
          <a className="to-content" href="#content">
            {settings.words.toContent}
          </a>
          <Rail session={session} signedIn={state.signedIn} />
          <main id="content" tabIndex={-1}>
            <Switch>
              <Route path="/now">
                <NowPage session={session} />
              </Route>
              <Route>
                <Redirect to="/now" replace />
              </Route>
            </Switch>
          </main>
        </div>
      )}
    </SettingsContext>
  );
}

function Restoring() {
  const [late, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), QUIET_MS);
    return () => clearTimeout(timer);
  }, []);
  return <SettledText late={late} />;
}

function SettledText({ late }: { late: boolean }) {
  return <div className="restoring">{late ? 'Unison MES …' : ''}</div>;
}
