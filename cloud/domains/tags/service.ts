// Mapping tags to machines and roles. What a person says here stays, whatever the agent declares, until he
// gives the tag back to the agent; then what the agent declared last counts at once.

import { recordAudits } from '../../platform/audit.ts';
import { markDirty } from '../../platform/dirty-marks.ts';
import { Conflict, DomainError, InvalidRequest } from '../../platform/errors.ts';
import { type Fault, fault } from '../../platform/faults.ts';
import type { Context } from '../../platform/http/context.ts';
import { tagFault } from './faults.ts';
import * as queries from './queries.ts';
import { canPlay, type Role } from './rules.ts';
import type { Mapped, Mapping, Tag } from './schema.ts';

/** Before any sample. */
const BEGINNING = new Date(0);

/** All or none. Throws `not_found`, `conflict` for a tag that somebody mapped since, InvalidRequest. */
export async function mapTags(
  ctx: Context,
  { tags: wanted, reason }: { tags: readonly Mapping[]; reason?: string | undefined },
): Promise<Mapped> {
  const ids = wanted.map(({ id }) => id);
  if (new Set(ids).size < ids.length) throw new InvalidRequest([{ path: 'body/tags', ...fault('duplicates', {}) }]);
  await queries.lockTags(ctx, ids);
  const known = new Map((await queries.findTags(ctx, ids)).map((tag) => [tag.id, tag]));
  const before = wanted.map((one) => {
    const tag = known.get(one.id);
    if (!tag) throw new DomainError('not_found', `There is no tag ${one.id} that you may see.`);
    if (tag.version !== one.version) {
      throw new Conflict(
        fault('changed_since', { singular: `tag ${tag.name}`, who: null, version: tag.version, yours: one.version }),
      );
    }
    return tag;
  });
  const after = wanted.map((one, at) => newMapping(one, before[at] as Tag));
  await check(ctx, after, before);
  await queries.writeMappings(ctx, after);
  // With another rollover every count of the machine may be another; a changed machine or role marks itself.
  const recounted = after.filter((one, at) => one.counterModulus !== before[at]?.counterModulus);
  const machineIds = [...new Set(recounted.flatMap(({ machineId }) => (machineId === null ? [] : [machineId])))];
  await markDirty(ctx, {
    cause: 'mapping',
    stretches: machineIds.map((machineId) => ({ machineId, from: BEGINNING, to: null })),
  });
  await recordAudits(
    ctx,
    before.map((tag, at) => ({
      action: 'map',
      entity: 'tags',
      entityId: tag.id,
      plantId: tag.plantId,
      old: audited(tag),
      new: audited(after[at] as queries.NewMapping),
      reason,
    })),
  );
  const items = await queries.findTags(ctx, ids);
  return { items, undo: before.map(undoOf) };
}

function newMapping(wanted: Mapping, tag: Tag): queries.NewMapping {
  const { id } = tag;
  const { lossReasonId = tag.lossReasonId, counterModulus = tag.counterModulus } = wanted;
  if (wanted.mapping === 'agent') {
    const { machineId, role, reason } = tag.declared;
    return { id, mapping: 'agent', machineId, role, reason, lossReasonId, counterModulus };
  }
  const { machineId = tag.machineId, role = tag.role, reason = tag.reason } = wanted;
  return { id, mapping: 'screen', machineId, role, reason, lossReasonId, counterModulus };
}

async function check(ctx: Context, after: readonly queries.NewMapping[], before: readonly Tag[]): Promise<void> {
  const present = (ids: readonly (number | null)[]) => [...new Set(ids.filter((id) => id !== null))];
  const plants = await queries.plantsOfMachines(ctx, present(after.map(({ machineId }) => machineId)));
  const reasons = await queries.knownLossReasons(ctx, present(after.map(({ lossReasonId }) => lossReasonId)));
  after.forEach(({ mapping, machineId, role, lossReasonId, counterModulus }, at) => {
    const tag = before[at] as Tag;
    const wrong = (field: string, what: Fault) => new InvalidRequest([{ path: `body/tags/${at}/${field}`, ...what }]);
    const isChosen = mapping === 'screen';
    if (isChosen && machineId !== null && machineId !== tag.machineId && plants.get(machineId) !== tag.plantId)
      throw wrong('machineId', fault('other_plant', {}));
    if (isChosen && role !== null && role !== tag.declared.role && !canPlay(role as Role, tag.datatype))
      throw wrong('role', tagFault('text_tag', { tag: tag.name, role }));
    if (counterModulus !== null && counterModulus !== tag.counterModulus && tag.datatype === 'String')
      throw wrong('counterModulus', tagFault('text_counter', { tag: tag.name }));
    if (lossReasonId !== null && lossReasonId !== tag.lossReasonId && !reasons.has(lossReasonId))
      throw wrong('lossReasonId', fault('no_record', { of: 'loss reasons', value: lossReasonId }));
  });
}

/** The command that puts a tag back, once this one is done. */
function undoOf(tag: Tag): Mapping {
  const { id, machineId, role, reason, lossReasonId, counterModulus, mapping } = tag;
  const version = tag.version + 1;
  return mapping === 'agent'
    ? { id, version, mapping, lossReasonId, counterModulus }
    : { id, version, mapping, machineId, role: role as Role | null, reason, lossReasonId, counterModulus };
}

function audited(mapping: queries.NewMapping | Tag): object {
  const { machineId, role, reason, lossReasonId, counterModulus } = mapping;
  return { mapping: mapping.mapping, machineId, role, reason, lossReasonId, counterModulus };
}
