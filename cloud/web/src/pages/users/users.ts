// Users: the people of the organisation.

import { userFile, users } from '../../../../domains/users/resource.ts';
import { definePage } from '../../kit/page.ts';
import { NewUser } from './new-user.tsx';
import { UserDetail } from './user-detail.tsx';

export const usersPage = definePage({
  resource: users,
  columns: ['displayName', 'email', 'badge', 'language', 'allPlants'],
  form: ['displayName', 'email', 'badge', 'language', 'timeFormat'],
  details: ['email', 'badge', 'language', 'timeFormat'],
  filters: ['language'],
  file: userFile,
  New: NewUser,
  alongside: ['sign-in', 'access'],
  Detail: UserDetail,
  words: {
    en: {
      many: 'Users',
      one: 'User',
      create: 'New user',
      empty: 'No user that you may see. Press N to make one; people sign in by e-mail, badge or PIN.',
      fields: {
        displayName: 'Name',
        email: 'E-mail',
        badge: 'Badge',
        language: 'Language',
        timeFormat: 'Time',
        allPlants: 'All plants',
      },
      choices: { language: { en: 'English', de: 'Deutsch' }, timeFormat: { '24h': '14:05', '12h': '2:05 pm' } },
    },
    de: {
      many: 'Benutzer',
      one: 'Benutzer',
      create: 'Neuer Benutzer',
      empty: 'Kein Benutzer, den Sie sehen dürfen. N legt einen an; angemeldet wird mit E-Mail, Ausweis oder PIN.',
      fields: {
        displayName: 'Name',
        email: 'E-Mail',
        badge: 'Ausweis',
        language: 'Sprache',
        timeFormat: 'Uhrzeit',
        allPlants: 'Alle Werke',
      },
      choices: { language: { en: 'English', de: 'Deutsch' }, timeFormat: { '24h': '14:05', '12h': '2:05 pm' } },
      hints: { email: 'eine E-Mail-Adresse', badge: '3 bis 64 Buchstaben, Ziffern und Striche' },
    },
  },
});
