// How requests and replies are wrapped on a byte stream: Modbus TCP (a header with transaction number
// and length) and Modbus RTU (unit and checksum), the latter also over TCP. A framer holds the state of
// one stream with one request in flight; it knows no socket and no timer.
import { echoRequest, exceptionLength, functions, isRead, replyLength } from './pdu.ts';

type Reply =
  | { readonly kind: 'reply'; readonly pdu: Buffer }
  /** A complete frame that cannot be the answer, though it comes from where the answer should. */
  | { readonly kind: 'malformed'; readonly why: string };

/** What lay in the stream when a request was given up. */
type Leftover = 'nothing' | 'part of a reply';

export interface Framer {
  /** The bytes to send. From now on `receive` looks for the answer to this request. */
  begin(unit: number, request: Buffer): Buffer;
  /** Take received bytes; the answer if it is complete now. Throws a StreamError when the stream is out of step. */
  receive(chunk: Buffer): Reply | null;
  /** Nobody waits for the current request any more; its answer may still come. */
  giveUp(): Leftover;
  /**
   * A request to send to `unit` before `next`, because an answer to an earlier one may still come and
   * could be taken for the answer to `next`; null when nothing is owed.
   */
  fence(unit: number, next: Buffer): Buffer | null;
  /** Whether what a time-out leaves half received can be told from what comes next. */
  readonly survivesPartialReply: boolean;
}

/** The stream can no longer be cut into frames; only a new connection helps. */
export class StreamError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'StreamError';
  }
}

const mbapLength = 7;
const maxPduLength = 253;
const crcLength = 2;

interface Awaited {
  readonly unit: number;
  readonly request: Buffer;
}

/**
 * Modbus TCP. The transaction number (all 16 bits; it comes round after 65,536 requests) tells a late
 * reply from the one awaited, so there is never a need for a fence.
 */
export function createTcpFramer(): Framer {
  let received: Buffer = Buffer.alloc(0);
  let transaction = 0;
  let awaited: Awaited | null = null;

  const takeFrame = (): { transaction: number; unit: number; pdu: Buffer } | null => {
    if (received.length < mbapLength) return null;
    const length = received.readUInt16BE(4);
    if (received.readUInt16BE(2) !== 0 || length < 2 || length > maxPduLength + 1) {
      throw new StreamError(`what it sent is not Modbus TCP: ${received.subarray(0, mbapLength).toString('hex')}`);
    }
    const end = mbapLength - 1 + length;
    if (received.length < end) return null;
    const frame = {
      transaction: received.readUInt16BE(0),
      unit: received.readUInt8(6),
      pdu: received.subarray(mbapLength, end),
    };
    received = received.subarray(end);
    return frame;
  };

  return {
    survivesPartialReply: false,
    begin(unit, request) {
      transaction = (transaction + 1) & 0xffff;
      awaited = { unit, request };
      const frame = Buffer.alloc(mbapLength + request.length);
      frame.writeUInt16BE(transaction, 0);
      frame.writeUInt16BE(request.length + 1, 4);
      frame.writeUInt8(unit, 6);
      request.copy(frame, mbapLength);
      return frame;
    },
    receive(chunk) {
      received = Buffer.concat([received, chunk]);
      for (let frame = takeFrame(); frame !== null; frame = takeFrame()) {
        if (awaited === null || frame.transaction !== transaction) continue;
        const { unit } = awaited;
        awaited = null;
        return frame.unit === unit
          ? { kind: 'reply', pdu: frame.pdu }
          : { kind: 'malformed', why: `unit ${frame.unit} answers for unit ${unit}` };
      }
      return null;
    },
    giveUp() {
      awaited = null;
      return received.length > 0 ? 'part of a reply' : 'nothing';
    },
    fence: () => null,
  };
}

/**
 * Modbus RTU. Frames carry no number: after a time-out the late reply of a unit looks exactly like the
 * answer to the next request of the same kind. So a unit that owes a reply is first asked something
 * whose answer cannot be mistaken (a fence): units answer in order, hence once the fence is answered
 * nothing older can come. Other units are not concerned, their replies carry another unit number.
 *
 * First choice is an echo of a number never used before. Some devices ignore functions they do not
 * know instead of refusing them, so every other attempt reads part of `next` in a length that no owed
 * reply has; there an exception proves nothing and is passed over.
 *
 * Rejected: dropping the connection after each time-out (one dead unit would then take all its
 * neighbours down, again and again); waiting for silence (late has no upper bound, and neighbours wait).
 */
export function createRtuFramer(): Framer {
  const keptBytes = 512;
  let received: Buffer = Buffer.alloc(0);
  let awaited: (Awaited & { isFence: boolean }) | null = null;
  let fence: Buffer | null = null;
  let nonce = 0;
  /** Per unit (at most 256): lengths of the replies which may still come, and fences tried. */
  const owed = new Map<number, { lengths: Set<number>; attempts: number }>();

  const findReply = (): Reply | null => {
    if (awaited === null) return null;
    const { unit, request, isFence } = awaited;
    for (let at = 0; at + exceptionLength + 1 + crcLength <= received.length; at += 1) {
      if (received[at] !== unit) continue;
      const pdu = frameAt(received.subarray(at), request);
      if (pdu === null) continue;
      if (isFence && !answersFence(request, pdu)) continue;
      return { kind: 'reply', pdu };
    }
    return null;
  };

  return {
    survivesPartialReply: true,
    begin(unit, request) {
      received = Buffer.alloc(0);
      awaited = { unit, request, isFence: request === fence };
      fence = null;
      const frame = Buffer.alloc(1 + request.length + crcLength);
      frame.writeUInt8(unit, 0);
      request.copy(frame, 1);
      frame.writeUInt16LE(crc16(frame.subarray(0, -crcLength)), frame.length - crcLength);
      return frame;
    },
    receive(chunk) {
      received = Buffer.concat([received, chunk]).subarray(-keptBytes);
      const reply = findReply();
      if (reply !== null && awaited !== null) {
        if (awaited.isFence) owed.delete(awaited.unit);
        awaited = null;
        received = Buffer.alloc(0);
      }
      return reply;
    },
    giveUp() {
      if (awaited === null) return 'nothing';
      const debt = owed.get(awaited.unit) ?? { lengths: new Set<number>(), attempts: 0 };
      debt.lengths.add(replyLength(awaited.request));
      owed.set(awaited.unit, debt);
      awaited = null;
      const leftover = received.length > 0 ? 'part of a reply' : 'nothing';
      received = Buffer.alloc(0);
      return leftover;
    },
    fence(unit, next) {
      const debt = owed.get(unit);
      if (debt === undefined) return null;
      debt.attempts += 1;
      fence = (debt.attempts % 2 === 0 ? otherLength(next, debt.lengths) : null) ?? echoRequest((nonce += 1) & 0xffff);
      return fence;
    },
  };
}

/** The PDU of a complete frame at the beginning of `bytes` that has the right function and checksum. */
function frameAt(bytes: Buffer, request: Buffer): Buffer | null {
  const asked = request[0] ?? 0;
  const answered = bytes[1] ?? 0;
  let pduLength: number;
  if (answered === (asked | 0x80)) pduLength = exceptionLength;
  else if (answered !== asked) return null;
  else pduLength = isRead(asked) ? 2 + (bytes[2] ?? 0) : replyLength(request);
  const end = 1 + pduLength + crcLength;
  if (bytes.length < end) return null;
  if (crc16(bytes.subarray(0, end - crcLength)) !== bytes.readUInt16LE(end - crcLength)) return null;
  return bytes.subarray(1, end - crcLength);
}

function answersFence(fence: Buffer, pdu: Buffer): boolean {
  const isEcho = fence[0] === functions.diagnostics;
  if (isEcho) return pdu.length === exceptionLength || pdu.equals(fence);
  return pdu[0] === fence[0] && pdu.length === replyLength(fence);
}

/** A read of the same addresses as `next`, shortened to a reply length that no owed reply has. */
function otherLength(next: Buffer, owed: ReadonlySet<number>): Buffer | null {
  if (!isRead(next[0] ?? 0)) return null;
  for (let count = next.readUInt16BE(3); count > 0; count -= 1) {
    const request = Buffer.from(next);
    request.writeUInt16BE(count, 3);
    if (!owed.has(replyLength(request))) return request;
  }
  return null;
}

/** The checksum of Modbus RTU ("MODBUS over Serial Line" V1.02, 6.2.2): CRC-16, polynomial 0xA001, start 0xFFFF. */
export function crc16(bytes: Buffer): number {
  let crc = 0xffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >> 1) ^ 0xa001 : crc >> 1;
  }
  return crc;
}
