// Turns parsed addresses into node ids of the server we are connected to.

import { coerceNodeId, type NodeId } from 'node-opcua';
import { type OpcuaAddress, parseOpcuaAddress } from './address.ts';

/** The node an address means on a server with these namespaces; null when the server does not have the namespace. */
export function resolveAddress(address: string, namespaces: readonly string[]): NodeId | null {
  const parsed = parseOpcuaAddress(address);
  const namespace = namespaceIndex(parsed, namespaces);
  return namespace === null ? null : coerceNodeId(`ns=${namespace};${parsed.kind}=${parsed.identifier}`);
}

function namespaceIndex({ namespace }: OpcuaAddress, namespaces: readonly string[]): number | null {
  if (typeof namespace === 'number') return namespace;
  const index = namespaces.indexOf(namespace);
  return index < 0 ? null : index;
}
