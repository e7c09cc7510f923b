// Who may publish and subscribe what, for the embedded broker and, as an ACL file, for Mosquitto.
//
// An edge is confined to its own topics: it publishes births, deaths and data under its group and name
// and hears its own commands and hosts' STATE. Only the cloud's account publishes commands and the live
// picture. Everything else is refused.

import { parseTopic } from '../../protocols/sparkplug/topics.ts';

export type Identity =
  | { readonly kind: 'cloud' }
  | { readonly kind: 'edge'; readonly group: string; readonly edge: string };

const edgeMessages = ['NBIRTH', 'NDEATH', 'NDATA', 'DBIRTH', 'DDEATH', 'DDATA'] as const;

/** The user name of an edge agent: its group and name. */
export function edgeUsername(group: string, edge: string): string {
  return `${group}/${edge}`;
}

export function mayPublish(identity: Identity, topic: string): boolean {
  if (identity.kind === 'cloud') return !topic.startsWith('$');
  const parsed = parseTopic(topic);
  return (
    parsed !== null &&
    parsed.group === identity.group &&
    parsed.edge === identity.edge &&
    edgeMessages.some((type) => type === parsed.type)
  );
}

export function maySubscribe(identity: Identity, filter: string): boolean {
  if (identity.kind === 'cloud') return true;
  const { group, edge } = identity;
  return (
    filter === `spBv1.0/${group}/NCMD/${edge}` ||
    filter === `spBv1.0/${group}/DCMD/${edge}/+` ||
    /^spBv1\.0\/STATE\/[^+#]+$/.test(filter)
  );
}

/** The same rules as the text of Mosquitto's acl_file. `cloud` is the cloud's user name. */
export function mosquittoAcl(cloud: string, edges: readonly { group: string; edge: string }[]): string {
  const lines = [`user ${cloud}`, 'topic readwrite spBv1.0/#', 'topic readwrite unison/#', ''];
  for (const { group, edge } of edges) {
    lines.push(`user ${edgeUsername(group, edge)}`);
    for (const type of edgeMessages)
      lines.push(`topic write spBv1.0/${group}/${type}/${edge}${type.startsWith('D') ? '/+' : ''}`);
    lines.push(
      `topic read spBv1.0/${group}/NCMD/${edge}`,
      `topic read spBv1.0/${group}/DCMD/${edge}/+`,
      'topic read spBv1.0/STATE/+',
      '',
    );
  }
  return lines.join('\n');
}
