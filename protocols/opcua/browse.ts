// Shows what a server has, one level at a time: the children of a node with, for variables, their
// datatype and value as read just now.

import {
  AttributeIds,
  BrowseDirection,
  BrowseNextRequest,
  type BrowseNextResponse,
  BrowseRequest,
  type BrowseResponse,
  type BrowseResult,
  coerceNodeId,
  DataType,
  type DataValue,
  NodeClass,
  type NodeId,
  NodeIdType,
  type ReferenceDescription,
  resolveNodeId,
  VariantArrayType,
} from 'node-opcua';
import { type BrowseItem, DriverError, isBad } from '../driver.ts';
import { formatOpcuaAddress } from './address.ts';
import type { OpcuaConnection } from './connection.ts';
import { inGroups } from './groups.ts';
import { resolveAddress } from './nodes.ts';
import { appendDataValue, defaultDatatype, newColumns } from './values.ts';

/** More children than this are not shown; a person picks from a list, and a server may have a million. */
const MAX_CHILDREN = 1_000;
/** Children asked for at once; the rest comes by continuation point, in messages any server can send. */
const CHILDREN_PER_CALL = 250;
const OBJECTS_FOLDER = 'i=85';
/** Organizes; and Aggregates, which is HasComponent, HasProperty and what vendors derive from them. */
const REFERENCE_TYPES = ['i=35', 'i=44'];
const VARIABLE: number = NodeClass.Variable;
/** Everything a reference says: OPC 10000-4, 5.9.2, resultMask. */
const RESULT_MASK = 0x3f;

export async function browseLevel(
  connection: OpcuaConnection,
  below: string | null,
  signal: AbortSignal,
): Promise<BrowseItem[]> {
  const node = resolveAddress(below ?? OBJECTS_FOLDER, connection.namespaces);
  if (!node) throw new DriverError('protocol', `The server has no namespace for ${below}.`);
  const found = new Map<string, ReferenceDescription>();
  for (const type of REFERENCE_TYPES) await collectChildren({ connection, node, type, signal, found });
  const references = [...found.values()];
  const variables = references.filter(({ nodeClass }: { readonly nodeClass: number }) => nodeClass === VARIABLE);
  const nodes = variables.map((reference) => localNode(reference));
  const read = (attribute: AttributeIds): Promise<(DataValue | null)[]> =>
    inGroups<NodeId, DataValue | null>({
      list: nodes,
      limit: connection.limits.read,
      signal,
      call: (group) => connection.readNodes(group, attribute),
      refused: (group) => group.map(() => null),
    });
  const values = await read(AttributeIds.Value);
  const types = await read(AttributeIds.DataType);
  const byReference = new Map(variables.map((reference, index) => [reference, index]));
  return references.map((reference) => {
    const index = byReference.get(reference);
    return index === undefined ? folder(reference) : variable(reference, values[index] ?? null, types[index] ?? null);
  });
}

/** Adds the children by one type of reference to `found`, up to MAX_CHILDREN in all. */
async function collectChildren(options: {
  connection: OpcuaConnection;
  node: NodeId;
  type: string;
  signal: AbortSignal;
  found: Map<string, ReferenceDescription>;
}): Promise<void> {
  const { connection, signal, found } = options;
  let result: BrowseResult | undefined = await firstChildren(options);
  for (;;) {
    for (const reference of result?.references ?? []) {
      // A node of another server cannot be read through this one.
      if (found.size < MAX_CHILDREN && !reference.nodeId.serverIndex) found.set(reference.nodeId.toString(), reference);
    }
    const point: Buffer | undefined = result?.continuationPoint;
    if (!point || point.length === 0) return;
    // A continuation point that is not used up is released, or the server runs out of them.
    const done = found.size >= MAX_CHILDREN || signal.aborted;
    const next: BrowseNextResponse = await connection.request<BrowseNextResponse>(
      new BrowseNextRequest({ continuationPoints: [point], releaseContinuationPoints: done }),
    );
    signal.throwIfAborted();
    if (done) return;
    result = next.results?.[0];
  }
}

async function firstChildren(options: {
  connection: OpcuaConnection;
  node: NodeId;
  type: string;
}): Promise<BrowseResult> {
  const response = await options.connection.request<BrowseResponse>(
    new BrowseRequest({
      requestedMaxReferencesPerNode: CHILDREN_PER_CALL,
      nodesToBrowse: [
        {
          nodeId: options.node,
          browseDirection: BrowseDirection.Forward,
          referenceTypeId: resolveNodeId(options.type),
          includeSubtypes: true,
          nodeClassMask: NodeClass.Object | NodeClass.Variable,
          resultMask: RESULT_MASK,
        },
      ],
    }),
  );
  const result = response.results?.[0];
  if (!result) throw new DriverError('protocol', 'The server answered a browse with nothing.');
  if (isBad(result.statusCode.value)) {
    throw new DriverError('protocol', `The server refuses to show this node (${result.statusCode.name}).`);
  }
  return result;
}

function localNode(reference: ReferenceDescription): NodeId {
  const { identifierType, value, namespace } = reference.nodeId;
  const node = coerceNodeId('i=0');
  node.identifierType = identifierType;
  node.value = value;
  node.namespace = namespace;
  return node;
}

function folder(reference: ReferenceDescription): BrowseItem {
  return { name: nameOf(reference), address: null, datatype: null, children: addressOf(reference), value: null };
}

function variable(reference: ReferenceDescription, value: DataValue | null, type: DataValue | null): BrowseItem {
  const columns = newColumns();
  if (value) appendDataValue(columns, 0, value);
  const address = addressOf(reference);
  return {
    name: nameOf(reference),
    address,
    datatype: datatypeOf(value, type),
    // Variables may have properties (units, ranges) and components below them.
    children: address,
    value: columns.value[0] ?? null,
  };
}

/** By the value's own type; by the node's where there is no value just now. */
function datatypeOf(value: DataValue | null, type: DataValue | null): BrowseItem['datatype'] {
  const variant = value?.value;
  if (variant && variant.dataType !== DataType.Null)
    return variant.arrayType === VariantArrayType.Scalar ? defaultDatatype(variant.dataType) : null;
  const node: unknown = type?.value?.value;
  const isBuiltIn = isNodeId(node) && node.namespace === 0 && node.identifierType === NodeIdType.NUMERIC;
  return isBuiltIn ? defaultDatatype(Number(node.value)) : null;
}

function isNodeId(value: unknown): value is NodeId {
  return typeof value === 'object' && value !== null && 'identifierType' in value;
}

function nameOf(reference: ReferenceDescription): string {
  return reference.displayName.text ?? reference.browseName.name ?? reference.nodeId.toString();
}

function addressOf(reference: ReferenceDescription): string {
  const { identifierType, value, namespace } = reference.nodeId;
  switch (identifierType) {
    case NodeIdType.NUMERIC:
      return formatOpcuaAddress({ namespace, kind: 'i', identifier: String(value) });
    case NodeIdType.STRING:
      return formatOpcuaAddress({ namespace, kind: 's', identifier: String(value) });
    case NodeIdType.GUID:
      return formatOpcuaAddress({ namespace, kind: 'g', identifier: String(value) });
    case NodeIdType.BYTESTRING:
      return formatOpcuaAddress({ namespace, kind: 'b', identifier: (value as Buffer).toString('base64') });
  }
}
