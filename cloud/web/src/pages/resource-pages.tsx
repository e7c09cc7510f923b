// List, form and detail of one plain domain under its path.

import { Redirect, Route, Switch } from 'wouter';
import type { AnyPage } from '../kit/page.ts';
import { ResourceDetail } from '../kit/resource-detail.tsx';
import { EditRecord, NewRecord } from '../kit/resource-form.tsx';
import { ResourceList } from '../kit/resource-list.tsx';

/** `only`: there is one record, and it stands where the list would be. */
export function ResourcePages({ page, base, only }: { page: AnyPage; base: string; only?: number }) {
  return (
    <Switch>
      <Route path={base}>
        {only === undefined ? <ResourceList page={page} base={base} /> : <Redirect to={`${base}/${only}`} replace />}
      </Route>
      <Route path={`${base}/new`}>{page.New ? <page.New base={base} /> : <NewRecord page={page} base={base} />}</Route>
      <Route path={`${base}/:id/edit`}>
        {({ id }) => <EditRecord key={id} page={page} base={base} id={Number(id)} />}
      </Route>
      <Route path={`${base}/:id`}>
        {({ id }) => <ResourceDetail key={id} page={page} base={base} id={Number(id)} />}
      </Route>
    </Switch>
  );
}
