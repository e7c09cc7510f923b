// Administration: what an organisation is made of, one beside the other. Only what one may see is listed.

import type { ReactNode } from 'react';
import { Link, Redirect, Route, Switch, useLocation } from 'wouter';
import { useWords } from '../kit/use-words.ts';
import type { Access } from '../shell/access.ts';
import { useAccess } from '../shell/context.ts';
import { Notices } from '../shell/notice.tsx';
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
  organizations: 'Organisation',
  plants: 'Plants',
  departments: 'Departments',
  users: 'Users',
  roles: 'Roles',
  'paired-devices': 'Devices',
  'api-keys': 'API keys',
  settings: 'Settings',
  jobs: 'Background work',
  'audit-logs': 'Audit trail',
  nothing: 'Your roles give you nothing to administer. Ask your administrator.',
};
const de: typeof en = {
  administration: 'Verwaltung',
  organizations: 'Organisation',
  plants: 'Werke',
  departments: 'Abteilungen',
  users: 'Benutzer',
  roles: 'Rollen',
  'paired-devices': 'Geräte',
  'api-keys': 'API-Schlüssel',
  settings: 'Einstellungen',
  jobs: 'Hintergrundarbeit',
  'audit-logs': 'Änderungsprotokoll',
  nothing: 'Ihre Rollen geben Ihnen nichts zu verwalten. Fragen Sie Ihre Administration.',
};
const adminWords = { en, de };

interface Section {
  readonly name: Exclude<keyof typeof en, 'administration' | 'nothing'>;
  readonly permission: string;
  page(base: string, access: Access): ReactNode;
}

const sections: readonly Section[] = [
  {
    name: 'organizations',
    permission: 'organizations.read',
    page: (base, { organization }) => <ResourcePages page={organizationPage} base={base} only={organization.id} />,
  },
  { name: 'plants', permission: 'plants.read', page: (base) => <ResourcePages page={plantsPage} base={base} /> },
  {
    name: 'departments',
    permission: 'departments.read',
    page: (base) => <ResourcePages page={departmentsPage} base={base} />,
  },
  { name: 'users', permission: 'users.read', page: (base) => <ResourcePages page={usersPage} base={base} /> },
  { name: 'roles', permission: 'roles.read', page: (base) => <ResourcePages page={rolesPage} base={base} /> },
  {
    name: 'paired-devices',
    permission: 'paired-devices.read',
    page: (base) => <ResourcePages page={pairedDevicesPage} base={base} />,
  },
  { name: 'api-keys', permission: 'api-keys.read', page: () => <ApiKeysPage /> },
  { name: 'settings', permission: 'settings.read', page: () => <SettingsPage /> },
  { name: 'jobs', permission: 'jobs.read', page: (base) => <JobsPage base={base} /> },
  { name: 'audit-logs', permission: 'audit-logs.read', page: () => <AuditPage /> },
];

const BASE = '/admin';

/** Whether there is anything for this person to administer. */
export function mayAdminister(access: Access): boolean {
  return sections.some(({ permission }) => access.may(permission));
}

export function Admin() {
  const words = useWords(adminWords);
  const access = useAccess();
  const [location] = useLocation();
  const open = sections.filter(({ permission }) => access.may(permission));
  const first = open[0];
  if (!first) return <p className="notice">{words.nothing}</p>;
  return (
    <Notices>
      <div className="admin">
        <nav aria-label={words.administration} className="sections">
          <h2>{words.administration}</h2>
          {open.map(({ name }) => (
            <Link
              key={name}
              href={`${BASE}/${name}`}
              aria-current={location.startsWith(`${BASE}/${name}`) ? 'page' : undefined}
            >
              {words[name]}
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
