// What a role may do, as a table: domains down, actions across. A whole row, a whole column or everything
// can be given at once and then counts for what will be added later, too; what comes from there is a grey
// tick, not a box that cannot be pressed.

import { useQuery } from '@tanstack/react-query';
import { Problem } from '../../kit/problem.tsx';
import { useWords } from '../../kit/use-words.ts';
import { useAccess, useSession } from '../../shell/context.ts';
import { useSettings } from '../../shell/settings.ts';
import { covers } from './patterns.ts';
import { actionWord, domainWord } from './permission-words.ts';

const en = {
  area: 'Area',
  everything: 'Everything',
  others: 'More',
  wholeRow: 'All of it',
  through: (pattern: string) => `Given by ${pattern}`,
  notHere: 'Also, for parts that are not installed yet:',
};
const de: typeof en = {
  area: 'Bereich',
  everything: 'Alles',
  others: 'Weiteres',
  wholeRow: 'Alles davon',
  through: (pattern) => `Gegeben durch ${pattern}`,
  notHere: 'Außerdem, für Teile, die noch nicht eingerichtet sind:',
};

/** Actions with a column of their own; a domain's others stand in the last one. */
const COLUMNS = ['read', 'create', 'update', 'archive', 'import'];

interface MatrixProps {
  readonly patterns: readonly string[];
  /** Null shows only. */
  readonly onChange: ((patterns: readonly string[]) => void) | null;
  readonly labelledBy?: string;
}

export function PermissionMatrix({ patterns, onChange, labelledBy }: MatrixProps) {
  const words = useWords({ en, de });
  const { language } = useSettings();
  const session = useSession();
  const access = useAccess();
  const asked = useQuery({
    queryKey: ['permissions'],
    queryFn: ({ signal }) => session.get<{ items: { name: string }[] }>('/permissions', signal),
    staleTime: Number.POSITIVE_INFINITY,
  });
  if (asked.error) return <Problem error={asked.error} retry={() => void asked.refetch()} />;
  // Until the answer is there, the table has the rows of what one holds oneself: most often it is the same.
  const names = asked.data?.items.map(({ name }) => name) ?? [...access.permissions].sort();
  const domains = Map.groupBy(names, (name) => name.split('.')[0] ?? '');
  const cell = { patterns, onChange };
  const elsewhere = patterns.filter((pattern) => !names.some((name) => covers(pattern, name)));
  return (
    <div className="matrix" aria-busy={!asked.data}>
      <table aria-labelledby={labelledBy}>
        <thead>
          <tr>
            <th scope="col">{words.area}</th>
            <th scope="col">
              <Cell {...cell} pattern="*.*" label={words.everything} text={words.everything} />
            </th>
            {COLUMNS.map((action) => (
              <th key={action} scope="col">
                <Cell
                  {...cell}
                  pattern={`*.${action}`}
                  label={`${words.everything}: ${actionWord(language, action)}`}
                  text={actionWord(language, action)}
                />
              </th>
            ))}
            <th scope="col">{words.others}</th>
          </tr>
        </thead>
        <tbody>
          {[...domains].map(([domain, permissions]) => {
            const word = domainWord(language, domain);
            const others = permissions.filter((name) => !COLUMNS.includes(name.split('.')[1] ?? ''));
            return (
              <tr key={domain}>
                <th scope="row">{word}</th>
                <td>
                  <Cell {...cell} pattern={`${domain}.*`} label={`${word}: ${words.wholeRow}`} />
                </td>
                {COLUMNS.map((action) => (
                  <td key={action}>
                    {permissions.includes(`${domain}.${action}`) && (
                      <Cell
                        {...cell}
                        pattern={`${domain}.${action}`}
                        label={`${word}: ${actionWord(language, action)}`}
                      />
                    )}
                  </td>
                ))}
                <td className="others">
                  {others.map((name) => {
                    const action = actionWord(language, name.split('.')[1] ?? '');
                    return <Cell key={name} {...cell} pattern={name} label={`${word}: ${action}`} text={action} />;
                  })}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
      {asked.data && elsewhere.length > 0 && (
        <p className="unit">
          {words.notHere} {elsewhere.join(', ')}
        </p>
      )}
    </div>
  );
}

function Cell({
  patterns,
  onChange,
  pattern,
  label,
  text,
}: MatrixProps & { pattern: string; label: string; text?: string }) {
  const words = useWords({ en, de });
  const through = patterns.find((held) => held !== pattern && covers(held, pattern));
  const held = patterns.includes(pattern);
  if (through !== undefined || onChange === null) {
    if (through === undefined && !held) return <span className="not-given">{text ?? '·'}</span>;
    return (
      <span className="given" title={through && words.through(through)}>
        ✓<span className="hidden">{label}</span> {text}
      </span>
    );
  }
  const toggle = (): void =>
    onChange(
      held
        ? patterns.filter((one) => one !== pattern)
        : [...patterns.filter((one) => !covers(pattern, one)), pattern].sort(),
    );
  return (
    <label className="given">
      <input type="checkbox" checked={held} onChange={toggle} aria-label={label} />
      {text}
    </label>
  );
}
