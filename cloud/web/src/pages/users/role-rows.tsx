// Which roles somebody has, and where: everywhere, or in one plant.

import { useQuery } from '@tanstack/react-query';
import { useId } from 'react';
import { useWords } from '../../kit/use-words.ts';
import { useAccess, useSession } from '../../shell/context.ts';
import { userWords } from './words.ts';

export interface RoleRow {
  readonly roleId: number;
  readonly plantId: number | null;
}

const MOST_ROLES = 500;

export function RoleRows({
  rows,
  onChange,
}: {
  rows: readonly RoleRow[];
  /** Null shows only. */
  onChange: ((rows: readonly RoleRow[]) => void) | null;
}) {
  const words = useWords(userWords);
  const session = useSession();
  const { plants } = useAccess();
  const id = useId();
  const roles = useQuery({
    queryKey: ['list', 'roles', 'options'],
    queryFn: ({ signal }) =>
      session.get<{ items: { id: number; roleName: string }[] }>(`/roles?limit=${MOST_ROLES}`, signal),
  });
  const options = roles.data?.items ?? [];
  const nameOf = (roleId: number) => options.find((role) => role.id === roleId)?.roleName ?? '…';
  const plantOf = (plantId: number | null) =>
    plantId === null ? words.everywhere : (plants.find((plant) => plant.id === plantId)?.name ?? '…');
  const change = (at: number, part: Partial<RoleRow>) =>
    onChange?.(rows.map((row, index) => (index === at ? { ...row, ...part } : row)));
  if (rows.length === 0 && !onChange) return <p className="unit">{words.noRoles}</p>;
  return (
    <div className="role-rows">
      {rows.map((row, at) => (
        // Rows have no identity of their own: two may be alike while one edits.
        <div key={at} className="role-row">
          {onChange ? (
            <>
              <label htmlFor={`${id}role${at}`} className="hidden">
                {words.role}
              </label>
              <select
                id={`${id}role${at}`}
                value={row.roleId}
                onChange={(event) => change(at, { roleId: Number(event.target.value) })}
              >
                {options.map((role) => (
                  <option key={role.id} value={role.id}>
                    {role.roleName}
                  </option>
                ))}
              </select>
              <label htmlFor={`${id}plant${at}`} className="hidden">
                {words.where}
              </label>
              <select
                id={`${id}plant${at}`}
                value={row.plantId ?? ''}
                onChange={(event) => change(at, { plantId: Number(event.target.value) || null })}
              >
                <option value="">{words.everywhere}</option>
                {plants.map((plant) => (
                  <option key={plant.id} value={plant.id}>
                    {plant.name}
                  </option>
                ))}
              </select>
              <button type="button" onClick={() => onChange(rows.filter((_, index) => index !== at))}>
                {words.remove}
              </button>
            </>
          ) : (
            <span>
              {nameOf(row.roleId)} <span className="unit">{plantOf(row.plantId)}</span>
            </span>
          )}
        </div>
      ))}
      {rows.length === 0 && <p className="unit">{words.noRoles}</p>}
      {onChange && (
        <button
          type="button"
          onClick={() => options[0] && onChange([...rows, { roleId: options[0].id, plantId: null }])}
        >
          {words.addRole}
        </button>
      )}
    </div>
  );
}
