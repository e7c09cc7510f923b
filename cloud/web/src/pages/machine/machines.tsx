// The pages of machines: all of a plant, and each one.

import { Redirect, Route, Switch } from 'wouter';
import { MachineList } from './machine-list.tsx';
import { MachinePage } from './machine-page.tsx';

export function Machines() {
  return (
    <Switch>
      <Route path="/machines">
        <MachineList />
      </Route>
      <Route path="/machines/:id">{({ id }) => <MachinePage key={id} id={Number(id)} />}</Route>
      <Route>
        <Redirect to="/machines" replace />
      </Route>
    </Switch>
  );
}
