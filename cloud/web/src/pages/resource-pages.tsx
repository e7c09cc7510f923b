// List, form and detail of one plain domain under its path.

import { Redirect, Route, Switch } from 'wouter';
import { type AnyPage, belongsToPlant } from '../kit/page.ts';
import { ResourceDetail } from '../kit/resource-detail.tsx';
import { EditRecord, NewRecord } from '../kit/resource-form.tsx';
import { ResourceList } from '../kit/resource-list.tsx';
import { usePlant } from '../shell/plant.ts';
import { useSettings } from '../shell/settings.ts';

/** `only`: there is one record, and it stands where the list would be. */
export function ResourcePages({ page, base, only }: { page: AnyPage; base: string; only?: number }) {
  return (
    <Switch>
      <Route path={base}>
        {only === undefined ? <PlantList page={page} base={base} /> : <Redirect to={`${base}/${only}`} replace />}
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

/** A link may name a plant that one may not see: an empty list would say something else. */
function PlantList({ page, base }: { page: AnyPage; base: string }) {
  const { words } = useSettings();
  const { id, plant } = usePlant('any');
  if (id !== null && !plant && belongsToPlant(page.resource)) return <p className="notice">{words.plantGone}</p>;
  return <ResourceList page={page} base={base} />;
}
