// Reads OPC UA node addresses as plant engineers write them: `ns=1;s=Filler.State`, `ns=2;i=1001`,
// `nsu=http://vendor/plc;s=Speed`. Free of node-opcua, so that a config can be checked without loading it.

/** A node address. `namespace` is an index, or a URI that is looked up in the server's NamespaceArray at connect. */
export interface OpcuaAddress {
  readonly namespace: number | string;
  readonly kind: 'i' | 's' | 'g' | 'b';
  /** The identifier's text as written: digits, the string, the GUID, the base64 bytes. */
  readonly identifier: string;
}

const MAX_NAMESPACE = 0xffff;
const MAX_NUMERIC = 0xffff_ffff;
/** OPC 10000-3, 8.2.4: string identifiers are at most 4096 characters. */
const MAX_STRING = 4096;
const GUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const EXAMPLES = 'write it like ns=1;s=Filler.State, ns=2;i=1001 or nsu=http://vendor/plc;s=Speed';

/**
 * Parses an address in the notation of OPC 10000-6, 5.3.1.10. A namespace that is left out is 0.
 * Throws an Error whose message says what is wrong and how to write it.
 */
export function parseOpcuaAddress(text: string): OpcuaAddress {
  const trimmed = text.trim();
  if (trimmed === '') throw addressError(text, `it is empty; ${EXAMPLES}`);
  const { namespace, rest } = readNamespace(text, trimmed);
  const match = /^([a-z]+)=(.*)$/s.exec(rest);
  if (!match) throw addressError(text, `there is no identifier such as s=… or i=…; ${EXAMPLES}`);
  const [, kind = '', identifier = ''] = match;
  return { namespace, kind: checkedKind(text, kind, identifier), identifier };
}

/** The address as text that `parseOpcuaAddress` reads back. */
export function formatOpcuaAddress({ namespace, kind, identifier }: OpcuaAddress): string {
  if (namespace === 0) return `${kind}=${identifier}`;
  const prefix = typeof namespace === 'number' ? `ns=${namespace}` : `nsu=${escapeUri(namespace)}`;
  return `${prefix};${kind}=${identifier}`;
}

function readNamespace(text: string, trimmed: string): { namespace: number | string; rest: string } {
  if (/^svr=/i.test(trimmed))
    throw addressError(text, 'nodes of another server (svr=) are not supported; connect to that server itself');
  if (trimmed.startsWith('nsu=')) {
    const end = trimmed.indexOf(';');
    if (end < 0) throw addressError(text, `after the namespace URI comes a semicolon and the identifier; ${EXAMPLES}`);
    const uri = unescapeUri(trimmed.slice(4, end));
    if (uri === '') throw addressError(text, 'the namespace URI after nsu= is empty');
    return { namespace: uri, rest: trimmed.slice(end + 1) };
  }
  if (!trimmed.startsWith('ns=')) return { namespace: 0, rest: trimmed };
  const match = /^ns=(\d+);(.*)$/s.exec(trimmed);
  if (!match) throw addressError(text, `ns= wants a number and a semicolon; ${EXAMPLES}`);
  const index = Number(match[1]);
  if (index > MAX_NAMESPACE)
    throw addressError(text, `the namespace index ${match[1]} is greater than ${MAX_NAMESPACE}`);
  return { namespace: index, rest: match[2] ?? '' };
}

function checkedKind(text: string, kind: string, identifier: string): OpcuaAddress['kind'] {
  if (kind === 'i') {
    if (!/^\d+$/.test(identifier) || Number(identifier) > MAX_NUMERIC) {
      throw addressError(
        text,
        `i= wants a number from 0 to ${MAX_NUMERIC}; an identifier with letters is written s=${identifier}`,
      );
    }
    return kind;
  }
  if (kind === 's') {
    if (identifier === '') throw addressError(text, 'the identifier after s= is empty');
    if (identifier.length > MAX_STRING)
      throw addressError(text, `the identifier is longer than ${MAX_STRING} characters`);
    return kind;
  }
  if (kind === 'g') {
    if (!GUID.test(identifier))
      throw addressError(text, 'g= wants a GUID such as 72962b91-fa75-4ae6-8d28-b404dc7daf63');
    return kind;
  }
  if (kind === 'b') {
    if (identifier === '' || !BASE64.test(identifier)) throw addressError(text, 'b= wants base64');
    return kind;
  }
  throw addressError(
    text,
    `${kind}= is no kind of identifier; there are s= (text), i= (number), g= (GUID) and b= (base64)`,
  );
}

/** OPC 10000-6, 5.3.1.11: in a namespace URI `;` and `%` are percent-encoded. */
function escapeUri(uri: string): string {
  return uri.replaceAll('%', '%25').replaceAll(';', '%3B');
}

function unescapeUri(uri: string): string {
  return uri.replaceAll(/%3B/gi, ';').replaceAll('%25', '%');
}

function addressError(text: string, why: string): Error {
  return new Error(`"${text}" is not an OPC UA address: ${why}`);
}
