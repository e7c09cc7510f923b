// Signed in or not, and which page: the frame of everything.

import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState, useSyncExternalStore } from 'react';
import { Redirect, Route, Switch } from 'wouter';
import { Entry } from './entry/entry.tsx';
import { PairPage } from './entry/pair-page.tsx';
import { ResetPasswordPage } from './entry/reset-password-page.tsx';
import { WelcomePage } from './entry/welcome-page.tsx';
import { Problem } from './kit/problem.tsx';
import { NowPage } from './now/now-page.tsx';
import { Admin } from './pages/admin.tsx';
import { Machines } from './pages/machine/machines.tsx';
import { OeePage } from './pages/oee/oee-page.tsx';
import { Orders } from './pages/orders.tsx';
import { PlantSetup } from './pages/plant-setup.tsx';
import { ProfilePage } from './pages/profile-page.tsx';
import { ShiftReportPage } from './pages/shift-report/shift-report-page.tsx';
import { useLoadedAccess } from './shell/access.ts';
import { AccessContext, SessionContext } from './shell/context.ts';
import { Rail } from './shell/rail.tsx';
import type { Present, Session } from './shell/session.ts';
import { SettingsContext, useDeviceSettings, useSettings } from './shell/settings.ts';

/** A restored session answers faster than this; showing a word for less would only flicker. */
const QUIET_MS = 400;

export function App({ session }: { session: Session }) {
  const settings = useDeviceSettings();
  const state = useSyncExternalStore(session.subscribe, session.state);
  return (
    <SettingsContext value={settings}>
      <SessionContext value={session}>
        <Switch>
          <Route path="/pair">
            <PairPage session={session} />
          </Route>
          <Route path="/reset-password">
            <ResetPasswordPage session={session} />
          </Route>
          <Route>
            {state.status === 'restoring' && <Waiting />}
            {state.status === 'signed_out' && <Entry />}
            {state.status === 'signed_in' && (
              <Frame key={state.signedIn.organization.id} session={session} signedIn={state.signedIn} />
            )}
          </Route>
        </Switch>
      </SessionContext>
    </SettingsContext>
  );
}

function Frame({ session, signedIn }: { session: Session; signedIn: Present }) {
  const settings = useSettings();
  const { access, error, retry } = useLoadedAccess(session);
  const queries = useQueryClient();
  // What one user saw is nothing for the next one at this browser. It goes when the frame does: an effect
  // beside it would run after those of the page that follows, and take away what that one has just asked.
  useEffect(() => () => queries.clear(), [queries]);
  if (!access) return error ? <Problem error={error} retry={retry} /> : <Waiting />;
  return (
    <AccessContext value={access}>
      <div className="frame">
        <a className="to-content" href="#content">
          {settings.words.toContent}
        </a>
        <Rail session={session} signedIn={signedIn} />
        <main id="content" tabIndex={-1}>
          <Switch>
            <Route path="/now">
              <NowPage session={session} />
            </Route>
            <Route path="/welcome">
              <WelcomePage />
            </Route>
            <Route path="/profile">
              <ProfilePage />
            </Route>
            <Route path="/machines/*?">
              <Machines />
            </Route>
            <Route path="/shift-report">
              <ShiftReportPage />
            </Route>
            <Route path="/oee">
              <OeePage />
            </Route>
            <Route path="/orders/*?">
              <Orders />
            </Route>
            <Route path="/plant-setup/*?">
              <PlantSetup />
            </Route>
            <Route path="/admin/*?">
              <Admin />
            </Route>
            <Route>
              <Redirect to="/now" replace />
            </Route>
          </Switch>
        </main>
      </div>
    </AccessContext>
  );
}

function Waiting() {
  const [late, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), QUIET_MS);
    return () => clearTimeout(timer);
  }, []);
  return <div className="restoring">{late ? 'Unison MES …' : ''}</div>;
}
