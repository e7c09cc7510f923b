// The demo's loss reasons: the twenty that every organisation may begin with, and below them what the
// simulated line stops and rejects for, by the codes that it says itself; and which of its states is a changeover.

import type pg from 'pg';
import { type StarterReason, starterReasons } from '../../cloud/domains/loss-reasons/index.ts';

type LineReason = Pick<StarterReason, 'code' | 'name' | 'nameDe'> & { readonly parent: string };

const below = (parent: string, code: string, name: string, nameDe: string): LineReason => ({
  parent,
  code,
  name,
  nameDe,
});

/** Stop causes and reject reasons of protocols/simulator/bottling.ts. */
export const lineReasons: readonly LineReason[] = [
  below('jam', 'bottle_jam', 'Bottle jam', 'Flaschenstau'),
  below('no_material', 'no_bottles', 'No bottles', 'Keine Flaschen'),
  below('mechanical_fault', 'valve_fault', 'Valve fault', 'Ventil defekt'),
  below('no_material', 'cap_feeder_empty', 'Cap feeder empty', 'Deckelzufuhr leer'),
  below('jam', 'cap_jam', 'Cap jam', 'Deckelstau'),
  below('mechanical_fault', 'head_overload', 'Head overload', 'Kopf überlastet'),
  below('jam', 'label_jam', 'Label jam', 'Etikettenstau'),
  below('consumable_change', 'label_roll_change', 'Label roll changed', 'Etikettenrolle gewechselt'),
  below('safety_stop', 'guard_open', 'Guard open', 'Schutztür offen'),
  below('electrical_fault', 'drive_fault', 'Drive fault', 'Antrieb gestört'),
  below('jam', 'film_break', 'Film break', 'Folienriss'),
  below('jam', 'carton_misfeed', 'Carton misfeed', 'Karton falsch eingezogen'),
  below('electrical_fault', 'heater_fault', 'Heater fault', 'Heizung defekt'),
  below('defective', 'underfill', 'Underfilled', 'Unterfüllt'),
  below('defective', 'overfill', 'Overfilled', 'Überfüllt'),
  below('defective', 'torque_low', 'Torque too low', 'Drehmoment zu klein'),
  below('defective', 'torque_high', 'Torque too high', 'Drehmoment zu groß'),
  below('defective', 'cap_missing', 'Cap missing', 'Deckel fehlt'),
  below('to_rework', 'label_skewed', 'Label skewed', 'Etikett schief'),
  below('defective', 'label_missing', 'Label missing', 'Etikett fehlt'),
  below('damaged', 'film_torn', 'Film torn', 'Folie gerissen'),
  below('defective', 'incomplete_pack', 'Pack incomplete', 'Gebinde unvollständig'),
];

/** As the OPC UA machines say it, and the Modbus ones by number. */
const RESETTING = ['Resetting', '15'];

/** Makes what is missing; what somebody changed or archived stays so. `line`: the organisation has the simulated one. */
export async function seedMachines(
  db: pg.Client,
  { organization, line }: { organization: number | null; line: boolean },
): Promise<void> {
  const insert = (reason: Omit<StarterReason, 'category'> & { category: string | null }) =>
    db.query(
      `INSERT INTO mes.loss_reasons (organization_id, parent_id, code, name, name_de, category, is_failure, frequent_position)
       SELECT $1, parents.id, $2, $3, $4, coalesce($5, parents.category), coalesce(parents.is_failure AND $5::text IS NULL, false) OR $6, $7
       FROM (VALUES (1)) AS one (row)
       LEFT JOIN mes.loss_reasons AS parents ON parents.organization_id = $1 AND parents.code = $8
       ON CONFLICT (organization_id, code) DO NOTHING`,
      [
        organization,
        reason.code,
        reason.name,
        reason.nameDe,
        reason.category,
        reason.isFailure,
        reason.frequentPosition,
        reason.parent,
      ],
    );
  for (const reason of starterReasons) await insert(reason);
  if (!line) return;
  // Each is what the one above it is: a fault below a fault counts as a failure, too.
  for (const reason of lineReasons)
    await insert({ ...reason, category: null, isFailure: false, frequentPosition: null });
  // Its machines are changed over while they reset. Who archived an entry does not find it again.
  for (const value of RESETTING)
    await db.query(
      `INSERT INTO mes.state_maps (organization_id, value, state, loss_reason_id)
       SELECT $1, $2, 'setup', reasons.id FROM mes.loss_reasons AS reasons
       WHERE reasons.organization_id = $1 AND reasons.code = 'changeover'
         AND NOT EXISTS (SELECT FROM mes.state_maps AS maps WHERE maps.organization_id = $1 AND maps.machine_id IS NULL AND maps.value = $2)`,
      [organization, value],
    );
}
