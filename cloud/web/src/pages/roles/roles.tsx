// Roles: what they may do, and a warning before one takes one's own rights away.

import { useQuery } from '@tanstack/react-query';
import { Link } from 'wouter';
import type { RoleHolders, UserAccess } from '../../../../domains/roles/index.ts';
import { roles } from '../../../../domains/roles/resource.ts';
import type { FieldInputProps } from '../../kit/field-input.tsx';
import { definePage, type KitRecord } from '../../kit/page.ts';
import { useWords } from '../../kit/use-words.ts';
import { useAccess, useSession } from '../../shell/context.ts';
import { useSettings } from '../../shell/settings.ts';
import { lostBy } from './patterns.ts';
import { PermissionMatrix } from './permission-matrix.tsx';
import { actionWord, domainWord } from './permission-words.ts';

const en = {
  permissions: 'What it may do',
  holders: 'Who has it',
  nobody: 'Nobody. Give it to somebody on the page of a user.',
  everywhere: 'everywhere',
  more: 'And others: the list of users has them all.',
  losing: (what: string) => `You have this role yourself. When you save this, you lose: ${what}.`,
};
const de: typeof en = {
  permissions: 'Was sie darf',
  holders: 'Wer sie hat',
  nobody: 'Niemand. Auf der Seite eines Benutzers wird sie vergeben.',
  everywhere: 'überall',
  more: 'Und weitere: Die Liste der Benutzer hat alle.',
  losing: (what) => `Sie haben diese Rolle selbst. Wenn Sie das speichern, verlieren Sie: ${what}.`,
};

export const rolesPage = definePage({
  resource: roles,
  columns: ['roleName', 'roleCode', 'description', 'isSystemRole'],
  form: ['roleCode', 'roleName', 'description', 'permissions'],
  details: ['roleCode', 'description', 'isSystemRole'],
  filters: ['isSystemRole'],
  inputs: { permissions: PermissionsInput },
  Detail: PermissionsOf,
  frozen: {
    when: (record) => record['isSystemRole'] === true,
    words: {
      en: 'This role comes with the system and stays as it is. Make a role of your own for other rights.',
      de: 'Diese Rolle gehört zum System und bleibt, wie sie ist. Legen Sie für andere Rechte eine eigene Rolle an.',
    },
  },
  words: {
    en: {
      many: 'Roles',
      one: 'Role',
      create: 'New role',
      empty: 'No role that you may see. A role says what somebody may do; press N to make one.',
      fields: {
        roleCode: 'Code',
        roleName: 'Name',
        description: 'Description',
        isSystemRole: 'From the system',
        permissions: 'What it may do',
      },
      choices: {},
      hints: {
        roleCode: 'lower-case letters, digits and underscore, a letter first; cannot be changed later',
        permissions: 'You can only give what you have yourself.',
      },
    },
    de: {
      many: 'Rollen',
      one: 'Rolle',
      create: 'Neue Rolle',
      empty: 'Keine Rolle, die Sie sehen dürfen. Eine Rolle sagt, was jemand darf; N legt eine an.',
      fields: {
        roleCode: 'Kürzel',
        roleName: 'Name',
        description: 'Beschreibung',
        isSystemRole: 'Vom System',
        permissions: 'Was sie darf',
      },
      choices: {},
      hints: {
        roleCode: 'Kleinbuchstaben, Ziffern und Unterstrich, zuerst ein Buchstabe; später nicht änderbar',
        permissions: 'Sie können nur geben, was Sie selbst haben.',
      },
    },
  },
});

const linesOf = (value: unknown): string[] => (typeof value === 'string' ? value.split('\n').filter(Boolean) : []);

function PermissionsInput({ id, value, original, recordId, onChange }: FieldInputProps) {
  const patterns = linesOf(value);
  return (
    // The label of the row names the table, and its first box is what the label leads to.
    <fieldset id={id} tabIndex={-1} aria-describedby={`${id}-says`}>
      <PermissionMatrix patterns={patterns} onChange={(next) => onChange(next.join('\n'))} />
      {recordId !== null && <OwnLoss roleId={recordId} before={linesOf(original)} after={patterns} />}
    </fieldset>
  );
}

function OwnLoss({ roleId, before, after }: { roleId: number; before: readonly string[]; after: readonly string[] }) {
  const words = useWords({ en, de });
  const { language } = useSettings();
  const { userId, permissions } = useAccess();
  const session = useSession();
  const own = useQuery({
    queryKey: ['record', 'users', userId, 'roles'],
    queryFn: async ({ signal }) => {
      const { roles: assigned } = await session.get<UserAccess>(`/users/${userId}/access`, signal);
      const ids = [...new Set(assigned.map((role) => role.roleId))];
      return Promise.all(ids.map((id) => session.get<KitRecord>(`/roles/${id}`, signal)));
    },
    enabled: userId !== null,
  });
  if (!own.data?.some(({ id }) => id === roleId)) return <p role="alert" />;
  const others = own.data.filter(({ id }) => id !== roleId).flatMap((role) => role['permissions'] as string[]);
  const lost = lostBy(permissions, { before, after, others }).map((name) => {
    const [domain = '', action = ''] = name.split('.');
    return `${domainWord(language, domain)}: ${actionWord(language, action)}`;
  });
  return (
    <p role="alert" className="warning">
      {lost.length > 0 && <strong>{words.losing(lost.join(', '))}</strong>}
    </p>
  );
}

function PermissionsOf({ record }: { record: KitRecord }) {
  const words = useWords({ en, de });
  return (
    <section>
      <h2 id="permissions-of">{words.permissions}</h2>
      <PermissionMatrix patterns={record['permissions'] as string[]} onChange={null} labelledBy="permissions-of" />
      <Holders roleId={record.id} />
    </section>
  );
}

/** Who has it: nobody should change a role without knowing whom it meets. */
function Holders({ roleId }: { roleId: number }) {
  const words = useWords({ en, de });
  const session = useSession();
  const access = useAccess();
  const mayAsk = access.may('users.read');
  const { data } = useQuery({
    queryKey: ['roles', roleId, 'holders'],
    queryFn: ({ signal }) => session.get<RoleHolders>(`/roles/${roleId}/holders`, signal),
    enabled: mayAsk,
  });
  if (!mayAsk) return null;
  return (
    <>
      <h2>{words.holders}</h2>
      {data?.items.length === 0 && <p>{words.nobody}</p>}
      <ul className="holders">
        {data?.items.map(({ userId, userName, plantId, plantName }) => (
          <li key={`${userId} ${plantId}`}>
            <Link href={`/admin/users/${userId}`}>{userName}</Link>{' '}
            <span className="unit">{plantName ?? words.everywhere}</span>
          </li>
        ))}
      </ul>
      {data?.more && <p>{words.more}</p>}
    </>
  );
}
