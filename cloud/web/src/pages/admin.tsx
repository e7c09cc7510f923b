// Administration: what an organisation is made of, one beside the other. Only what one may see is listed.

import type { ReactNode } from 'react';
import { Link, Redirect, Route, Switch, useLocation } from 'wouter';
import type { AnyPage } from '../kit/page.ts';
import { useWords } from '../kit/use-words.ts';
import type { Access } from '../shell/access.ts';
import { useAccess } from '../shell/context.ts';
import { Notices } from '../shell/notice.tsx';
import { type Language, useSettings } from '../shell/settings.ts';
import { ApiKeysPage } from './api-keys-page.tsx';
import { AuditPage } from './audit-page.tsx';
import { departmentsPage } from './departments.ts';
import { JobsPage } from './jobs-page.tsx';
import { organizationPage } from './organization.ts';
import { pairedDevicesPage } from './paired-devices.tsx';
import { plantsPage } from './plants.ts';
import { ResourcePages } from './resource-pages.tsx';
import { rolesPage } from './roles/roles.tsx';
import { SettingsPage } from './settings-page.tsx';
import { usersPage } from './users/users.ts';

const en = {
  administration: 'Administration',
  nothing: 'Your roles give you nothing to administer. Ask your administrator.',
};
const de: typeof en = {
  administration: 'Verwaltung',
  nothing: 'Ihre Rollen geben Ihnen nichts zu verwalten. Fragen Sie Ihre Administration.',
};
const adminWords = { en, de };

interface Section {
  /** Its path under /admin, and the domain of the permission to read it. */
  readonly name: string;
  readonly label: Readonly<Record<Language, string>>;
  page(base: string, access: Access): ReactNode;
}

/** List, form and detail of a plain domain, under the words of its own page. */
function plain(page: AnyPage): Section {
  const { name } = page.resource;
  const label = { en: page.words.en.many, de: page.words.de.many };
  return { name, label, page: (base) => <ResourcePages page={page} base={base} /> };
}

const sections: readonly Section[] = [
  {
    name: 'organizations',
    label: { en: 'Organisation', de: 'Organisation' },
    page: (base, { organization }) => <ResourcePages page={organizationPage} base={base} only={organization.id} />,
  },
  plain(plantsPage),
  plain(departmentsPage),
  plain(usersPage),
  plain(rolesPage),
  plain(pairedDevicesPage),
  { name: 'api-keys', label: { en: 'API keys', de: 'API-Schlüssel' }, page: () => <ApiKeysPage /> },
  { name: 'settings', label: { en: 'Settings', de: 'Einstellungen' }, page: () => <SettingsPage /> },
  { name: 'jobs', label: { en: 'Background work', de: 'Hintergrundarbeit' }, page: (base) => <JobsPage base={base} /> },
  { name: 'audit-logs', label: { en: 'Audit trail', de: 'Änderungsprotokoll' }, page: () => <AuditPage /> },
];

const mayOpen = (access: Access, { name }: Section): boolean => access.may(`${name}.read`);

const BASE = '/admin';

/** Whether there is anything for this person to administer. */
export function mayAdminister(access: Access): boolean {
  return sections.some((section) => mayOpen(access, section));
}

export function Admin() {
  const words = useWords(adminWords);
  const access = useAccess();
  const [location] = useLocation();
  const { language } = useSettings();
  const open = sections.filter((section) => mayOpen(access, section));
  const first = open[0];
  if (!first) return <p className="notice">{words.nothing}</p>;
  return (
    <Notices>
      <div className="admin">
        <nav aria-label={words.administration} className="sections">
          <h2>{words.administration}</h2>
          {open.map(({ name, label }) => (
            <Link
              key={name}
              href={`${BASE}/${name}`}
              aria-current={location.startsWith(`${BASE}/${name}`) ? 'page' : undefined}
            >
              {label[language]}
            </Link>
          ))}
        </nav>
        <Switch>
          {open.map(({ name, page }) => (
            <Route key={name} path={`${BASE}/${name}/*?`}>
              {page(`${BASE}/${name}`, access)}
            </Route>
          ))}
          <Route>
            <Redirect to={`${BASE}/${first.name}`} replace />
          </Route>
        </Switch>
      </div>
    </Notices>
  );
}
