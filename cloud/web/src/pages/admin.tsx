// Administration: what an organisation is made of, one beside the other. Only what one may see is listed.

import { useWords } from '../kit/use-words.ts';
import type { Access } from '../shell/access.ts';
import { ApiKeysPage } from './api-keys-page.tsx';
import { AuditPage } from './audit-page.tsx';
import { departmentsPage } from './departments.ts';
import { JobsPage } from './jobs-page.tsx';
import { organizationPage } from './organization.ts';
import { pairedDevicesPage } from './paired-devices.tsx';
import { plantsPage } from './plants.ts';
import { ResourcePages } from './resource-pages.tsx';
import { rolesPage } from './roles/roles.tsx';
import { mayOpenAny, plain, type Section, Sections } from './sections.tsx';
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

export const adminSections: readonly Section[] = [
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

/** Whether there is anything for this person to administer. */
export function mayAdminister(access: Access): boolean {
  return mayOpenAny(access, adminSections);
}

export function Admin() {
  const { administration, nothing } = useWords(adminWords);
  return <Sections base="/admin" title={administration} nothing={nothing} sections={adminSections} />;
}
