// A page area of several sections, one beside the other, such as Administration and Plant set-up. Only
// what one may see is listed.

import type { ReactNode } from 'react';
import { Link, Redirect, Route, Switch, useLocation } from 'wouter';
import type { AnyResource } from '../../../platform/kit/resource.ts';
import type { AnyPage } from '../kit/page.ts';
import type { Access } from '../shell/access.ts';
import { useAccess } from '../shell/context.ts';
import { Notices } from '../shell/notice.tsx';
import { type Language, useSettings } from '../shell/settings.ts';
import { ResourcePages } from './resource-pages.tsx';

export interface Section {
  /** Its path under the area's, and the domain of the permission to read it. */
  readonly name: string;
  /** The permission to read it, where it is another. */
  readonly permission?: string;
  /** It shows one plant. */
  readonly onePlant?: true;
  readonly label: Readonly<Record<Language, string>>;
  /** What its pages are made from, where it is a declaration. */
  readonly resource?: AnyResource;
  page(base: string, access: Access): ReactNode;
}

/** List, form and detail of a plain domain, under the words of its own page. */
export function plain(page: AnyPage): Section {
  const { name } = page.resource;
  const label = { en: page.words.en.many, de: page.words.de.many };
  return { name, label, resource: page.resource, page: (base) => <ResourcePages page={page} base={base} /> };
}

const mayOpen = (access: Access, { name, permission = `${name}.read` }: Section): boolean => access.may(permission);

/** Whether there is anything in it for this person. */
export function mayOpenAny(access: Access, sections: readonly Section[]): boolean {
  return sections.some((section) => mayOpen(access, section));
}

/** `nothing` is said to whom no section is open. */
export function Sections({
  base,
  title,
  nothing,
  sections,
}: {
  base: string;
  title: string;
  nothing: string;
  sections: readonly Section[];
}) {
  const access = useAccess();
  const [location] = useLocation();
  const { language } = useSettings();
  const open = sections.filter((section) => mayOpen(access, section));
  const first = open[0];
  if (!first) return <p className="notice">{nothing}</p>;
  return (
    <Notices>
      <div className="sectioned">
        <nav aria-label={title} className="sections">
          <h2>{title}</h2>
          {open.map(({ name, label }) => (
            <Link
              key={name}
              href={`${base}/${name}`}
              aria-current={`${location}/`.startsWith(`${base}/${name}/`) ? 'page' : undefined}
            >
              {label[language]}
            </Link>
          ))}
        </nav>
        <Switch>
          {open.map(({ name, page }) => (
            <Route key={name} path={`${base}/${name}/*?`}>
              {page(`${base}/${name}`, access)}
            </Route>
          ))}
          <Route>
            <Redirect to={`${base}/${first.name}`} replace />
          </Route>
        </Switch>
      </div>
    </Notices>
  );
}
