// Words for the domains and actions of permissions. What has none here is spoken as it is written.

import { spoken } from '../../shell/format.ts';
import type { Language } from '../../shell/settings.ts';

interface PermissionWords {
  readonly domains: Readonly<Record<string, string>>;
  readonly actions: Readonly<Record<string, string>>;
}

const words: Readonly<Record<Language, PermissionWords>> = {
  en: {
    domains: {
      'api-keys': 'API keys',
      'audit-logs': 'Audit trail',
      'calendar-exceptions': 'Holidays and exceptions',
      calendars: 'Calendars',
      departments: 'Departments',
      edge: 'Edge agents, as they are',
      'edge-agents': 'Edge agents',
      'demo-data': 'Demo data',
      jobs: 'Background work',
      lanes: 'Lanes',
      'loss-reasons': 'Loss reasons',
      'machine-targets': 'Targets',
      machines: 'Machines',
      'machine-runs': 'Runs',
      materials: 'Materials',
      organizations: 'Organisation',
      'paired-devices': 'Devices',
      'planned-windows': 'Planned windows',
      plants: 'Plants',
      shifts: 'Shifts',
      'work-center-shifts': 'Who follows which calendar',
      'production-logs': 'Production entries',
      'production-standards': 'Ideal cycles',
      roles: 'Roles',
      'routing-operations': 'Steps of routings',
      routings: 'Routings',
      settings: 'Settings',
      'state-maps': 'States',
      tags: 'Tags',
      telemetry: 'Machine data',
      'unit-conversions': 'Conversions',
      'units-of-measure': 'Units',
      users: 'Users',
      'work-order-operations': 'Operations of orders',
      'work-orders': 'Work orders',
    },
    actions: {
      read: 'See',
      create: 'Create',
      update: 'Change',
      archive: 'Archive',
      import: 'Import',
      revise: 'Make revisions',
    },
  },
  de: {
    domains: {
      'api-keys': 'API-Schlüssel',
      'audit-logs': 'Änderungsprotokoll',
      'calendar-exceptions': 'Feiertage und Ausnahmen',
      calendars: 'Kalender',
      departments: 'Abteilungen',
      edge: 'Edge-Agenten, wie sie sind',
      'edge-agents': 'Edge-Agenten',
      'demo-data': 'Vorführdaten',
      jobs: 'Hintergrundarbeit',
      lanes: 'Linien',
      'loss-reasons': 'Verlustgründe',
      'machine-targets': 'Ziele',
      machines: 'Maschinen',
      'machine-runs': 'Läufe',
      materials: 'Materialien',
      organizations: 'Organisation',
      'paired-devices': 'Geräte',
      'planned-windows': 'Geplante Fenster',
      plants: 'Werke',
      'production-standards': 'Idealzeiten',
      shifts: 'Schichten',
      'work-center-shifts': 'Wer welchem Kalender folgt',
      'production-logs': 'Produktionsmeldungen',
      roles: 'Rollen',
      'routing-operations': 'Schritte der Arbeitspläne',
      routings: 'Arbeitspläne',
      settings: 'Einstellungen',
      'state-maps': 'Zustände',
      tags: 'Signale',
      telemetry: 'Maschinendaten',
      'unit-conversions': 'Umrechnungen',
      'units-of-measure': 'Einheiten',
      users: 'Benutzer',
      'work-order-operations': 'Arbeitsgänge',
      'work-orders': 'Aufträge',
    },
    actions: {
      read: 'Sehen',
      create: 'Anlegen',
      update: 'Ändern',
      archive: 'Archivieren',
      import: 'Importieren',
      revise: 'Revisionen machen',
      assign: 'Rechte geben',
      verify: 'Prüfen',
      retry: 'Wiederholen',
      revoke: 'Sperren',
      pair: 'Koppeln',
      delete: 'Entfernen',
      release: 'Freigeben',
      start: 'Beginnen',
      pause: 'Anhalten',
      resume: 'Fortsetzen',
      complete: 'Fertig melden',
      close: 'Abschließen',
      cancel: 'Stornieren',
      end: 'Beenden',
      correct: 'Berichtigen',
    },
  },
};

export function domainWord(language: Language, domain: string): string {
  return words[language].domains[domain] ?? spoken(domain.replaceAll('-', ' '));
}

export function actionWord(language: Language, action: string): string {
  return words[language].actions[action] ?? spoken(action.replaceAll('-', ' '));
}
