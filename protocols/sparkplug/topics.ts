// Sparkplug B topics: spBv1.0/<group>/<type>/<edge>[/<device>] and spBv1.0/STATE/<host>.

const namespace = 'spBv1.0';

export type MessageType = 'NBIRTH' | 'NDEATH' | 'NDATA' | 'NCMD' | 'DBIRTH' | 'DDEATH' | 'DDATA' | 'DCMD';

const types = new Set<string>(['NBIRTH', 'NDEATH', 'NDATA', 'NCMD', 'DBIRTH', 'DDEATH', 'DDATA', 'DCMD']);

export interface Topic {
  readonly group: string;
  readonly type: MessageType;
  readonly edge: string;
  /** Null in node messages. */
  readonly device: string | null;
}

export function topicOf(topic: Topic): string {
  const node = `${namespace}/${topic.group}/${topic.type}/${topic.edge}`;
  return topic.device === null ? node : `${node}/${topic.device}`;
}

/** The parts of a topic, or null when it is not a Sparkplug message topic. */
export function parseTopic(text: string): Topic | null {
  const [prefix, group, type, edge, device, ...rest] = text.split('/');
  if (prefix !== namespace || !group || !type || !edge || rest.length > 0 || !types.has(type)) return null;
  if (type.startsWith('D') !== (device !== undefined) || device === '') return null;
  return { group, type: type as MessageType, edge, device: device ?? null };
}
