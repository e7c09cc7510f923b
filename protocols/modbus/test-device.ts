// A small Modbus device for tests: Modbus TCP or RTU frames on a raw socket, units with registers, and
// a hook that lets it misbehave in any way. For well-behaved Modbus TCP the tests use the server of
// modbus-serial, which is not ours.
import { once } from 'node:events';
import net from 'node:net';
import { crc16 } from './framing.ts';

interface DeviceRequest {
  readonly unit: number;
  readonly code: number;
  readonly start: number;
  readonly count: number;
}

export interface TestDevice {
  readonly host: string;
  readonly port: number;
  /** Every request that arrived, oldest first. */
  readonly requests: DeviceRequest[];
  /** Registers by unit and address, the same for both register tables; odd registers are true coils. */
  readonly registers: Map<number, Map<number, number>>;
  /** How it answers; replace it to misbehave. `reply` is the right answer, framed. */
  respond: (request: DeviceRequest, reply: Buffer, send: (bytes: Buffer) => void) => void;
  /** The framed reply with another PDU, as an answer to the latest request. */
  frame(unit: number, pdu: Buffer): Buffer;
  stop(): Promise<void>;
}

export type TestFraming = 'tcp' | 'rtu_over_tcp';

/** Units 1, 2 and 3 have holding and input registers 0 to 299, each holding 1000 × unit + address. */
export async function startTestDevice(framing: TestFraming = 'tcp'): Promise<TestDevice> {
  const registers = new Map<number, Map<number, number>>();
  for (const unit of [1, 2, 3]) {
    registers.set(unit, new Map(Array.from({ length: 300 }, (_, address) => [address, 1_000 * unit + address])));
  }
  const sockets = new Set<net.Socket>();
  let transaction = 0;
  const frame = (unit: number, pdu: Buffer): Buffer => {
    const body = Buffer.concat([Buffer.from([unit]), pdu]);
    const side = Buffer.alloc(framing === 'tcp' ? 6 : 2);
    if (framing !== 'tcp') {
      side.writeUInt16LE(crc16(body));
      return Buffer.concat([body, side]);
    }
    side.writeUInt16BE(transaction, 0);
    side.writeUInt16BE(body.length, 4);
    return Buffer.concat([side, body]);
  };
  const server = net.createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    let received: Buffer = Buffer.alloc(0);
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      for (;;) {
        const taken = takeRequest(received, framing);
        if (taken === null) return;
        received = received.subarray(taken.bytes);
        transaction = taken.transaction;
        const { unit, pdu } = taken;
        const request = { unit, code: pdu[0] ?? 0, start: pdu.readUInt16BE(1), count: pdu.readUInt16BE(3) };
        device.requests.push(request);
        const reply = frame(unit, answer(registers.get(unit) ?? new Map<number, number>(), pdu));
        device.respond(request, reply, (bytes) => socket.write(bytes));
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const device: TestDevice = {
    host: '127.0.0.1',
    port: (server.address() as net.AddressInfo).port,
    requests: [],
    registers,
    respond: (_request, reply, send) => send(reply),
    frame,
    async stop() {
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
  return device;
}

function takeRequest(received: Buffer, framing: TestFraming) {
  if (framing === 'tcp') {
    if (received.length < 8) return null;
    const bytes = 6 + received.readUInt16BE(4);
    if (received.length < bytes) return null;
    return { bytes, transaction: received.readUInt16BE(0), unit: received[6] ?? 0, pdu: received.subarray(7, bytes) };
  }
  if (received.length < 8) return null;
  const code = received[1];
  const bytes = code === 16 ? 9 + (received[6] ?? 0) : code === 22 ? 10 : 8;
  if (received.length < bytes) return null;
  if (crc16(received.subarray(0, bytes - 2)) !== received.readUInt16LE(bytes - 2)) throw new Error('wrong CRC from us');
  return { bytes, transaction: 0, unit: received[0] ?? 0, pdu: received.subarray(1, bytes - 2) };
}

/** What a correct device answers. */
function answer(registers: Map<number, number>, pdu: Buffer): Buffer {
  const code = pdu[0] ?? 0;
  const start = pdu.readUInt16BE(1);
  const count = pdu.readUInt16BE(3);
  const addresses = Array.from({ length: [5, 6, 22].includes(code) ? 1 : count }, (_, index) => start + index);
  const refusal = (exception: number) => Buffer.from([code | 0x80, exception]);
  if (code === 8) return Buffer.from(pdu);
  if (!addresses.every((address) => registers.has(address))) return refusal(2);
  const value = (address: number) => registers.get(address) ?? 0;
  switch (code) {
    case 1:
    case 2: {
      const bits = Buffer.alloc(Math.ceil(count / 8));
      for (const [index, address] of addresses.entries()) {
        bits[index >> 3] = (bits[index >> 3] ?? 0) | ((value(address) & 1) << (index & 7));
      }
      return Buffer.concat([Buffer.from([code, bits.length]), bits]);
    }
    case 3:
    case 4: {
      const words = Buffer.alloc(count * 2);
      for (const [index, address] of addresses.entries()) words.writeUInt16BE(value(address), index * 2);
      return Buffer.concat([Buffer.from([code, words.length]), words]);
    }
    case 5:
      registers.set(start, count === 0xff00 ? 1 : 0);
      return Buffer.from(pdu);
    case 6:
      registers.set(start, count);
      return Buffer.from(pdu);
    case 16:
      for (const [index, address] of addresses.entries()) registers.set(address, pdu.readUInt16BE(6 + index * 2));
      return Buffer.from(pdu.subarray(0, 5));
    case 22:
      registers.set(start, (value(start) & count) | (pdu.readUInt16BE(5) & ~count));
      return Buffer.from(pdu);
    default:
      return refusal(1);
  }
}
