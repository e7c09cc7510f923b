// The plant's Modbus link: units 1 to 3 behind Modbus TCP, unit 2 also alone behind RTU over TCP.
// A server of our own on node:net, since modbus-serial's server neither frames RTU over TCP nor lets a
// single unit fall silent nor tells what it served. [Modbus Messaging on TCP/IP V1.0b, 3.1.3]

import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { Value } from '../driver.ts';
import { modbusUnits } from './modbus-place.ts';
import type { PlantTag } from './plant-tag.ts';
import type { ChangeRecord } from './records.ts';
import { createRegisters, type Registers } from './registers.ts';

const maxConnections = 64;
/** The longest frames: MBAP header and 253 bytes on TCP, 256 bytes on RTU. */
const maxTcpFrame = 260;
const maxRtuFrame = 256;
const gatewayTargetFailed = 0x0b;

export interface ModbusFace {
  start(): Promise<{ modbusPort: number; rtuPort: number }>;
  stop(): Promise<void>;
  /** A dead unit: takes requests and never answers. */
  silence(unit: number, silent: boolean): void;
}

export interface ModbusFaceOptions {
  readonly host: string;
  readonly modbusPort: number;
  readonly rtuPort: number;
  values(): readonly Value[];
  now(): number;
  change(record: ChangeRecord): void;
}

export function createModbusFace(options: ModbusFaceOptions): ModbusFace {
  const registers = createRegisters(options.values);
  const silent = new Set<number>();
  const sockets = new Set<Socket>();

  /** Keeps, per link, what was last served, so that the ledger holds changes. */
  function recorder(via: 'tcp' | 'rtu'): (tag: PlantTag, value: Value) => void {
    const last = new Map<string, Value>();
    return (tag, value) => {
      if (last.get(tag.name) === value) return;
      last.set(tag.name, value);
      options.change({ tag: tag.name, time: options.now(), value, via });
    };
  }

  function serve(speak: (socket: Socket) => void): Server {
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
      // A reader that vanishes is everyday life; 'close' follows.
      socket.on('error', () => socket.destroy());
      socket.setNoDelay(true);
      speak(socket);
    });
    server.maxConnections = maxConnections;
    return server;
  }

  const parts = { registers, silent };
  const onTcp = recorder('tcp');
  const onRtu = recorder('rtu');
  const tcp = serve((socket) => speakTcp(socket, { ...parts, served: onTcp }));
  const rtu = serve((socket) => speakRtu(socket, { ...parts, served: onRtu }));

  return {
    async start() {
      const modbusPort = await listen(tcp, options.host, options.modbusPort);
      const rtuPort = await listen(rtu, options.host, options.rtuPort);
      return { modbusPort, rtuPort };
    },
    async stop() {
      for (const socket of sockets) socket.destroy();
      const listening = [tcp, rtu].filter((server) => server.listening);
      await Promise.all(listening.map((server) => new Promise((done) => server.close(done))));
    },
    silence(unit, isSilent) {
      if (isSilent) silent.add(unit);
      else silent.delete(unit);
    },
  };
}

async function listen(server: Server, host: string, port: number): Promise<number> {
  server.listen(port, host);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

interface Talk {
  readonly registers: Registers;
  readonly silent: ReadonlySet<number>;
  served(tag: PlantTag, value: Value): void;
}

function speakTcp(socket: Socket, { registers, silent, served }: Talk): void {
  let held: Buffer = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    while (held.length >= 8) {
      const length = held.readUInt16BE(4);
      if (held.readUInt16BE(2) !== 0 || length < 2 || length + 6 > maxTcpFrame) {
        socket.destroy();
        return;
      }
      if (held.length < 6 + length) return;
      const frame = held.subarray(0, 6 + length);
      held = held.subarray(6 + length);
      const unit = frame[6] as number;
      if (silent.has(unit)) continue;
      const request = frame.subarray(7);
      const answer = registers.hasUnit(unit)
        ? registers.answer(unit, request, served)
        : Buffer.from([(request[0] as number) | 0x80, gatewayTargetFailed]);
      const header = Buffer.alloc(7);
      frame.copy(header, 0, 0, 2);
      header.writeUInt16BE(answer.length + 1, 4);
      header[6] = unit;
      send(socket, Buffer.concat([header, answer]));
    }
  });
}

/** A serial line has no lengths: a request ends where its function code says, and a wrong checksum empties the line. */
function speakRtu(socket: Socket, { registers, silent, served }: Talk): void {
  let held: Buffer = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    held = Buffer.concat([held, chunk]);
    for (;;) {
      const length = rtuRequestLength(held);
      if (length === null || held.length < length) return;
      const frame = held.subarray(0, length);
      if (length > maxRtuFrame || crc16(frame.subarray(0, -2)) !== frame.readUInt16LE(length - 2)) {
        held = Buffer.alloc(0);
        return;
      }
      held = held.subarray(length);
      const unit = frame[0] as number;
      // On a bus the others keep silent.
      if (unit !== modbusUnits.packer || silent.has(unit)) continue;
      const body = Buffer.concat([Buffer.from([unit]), registers.answer(unit, frame.subarray(1, -2), served)]);
      const checksum = Buffer.alloc(2);
      checksum.writeUInt16LE(crc16(body));
      send(socket, Buffer.concat([body, checksum]));
    }
  });
}

function rtuRequestLength(held: Buffer): number | null {
  if (held.length < 2) return null;
  const code = held[1] as number;
  if (code !== 15 && code !== 16) return 8;
  return held.length < 7 ? null : 9 + (held[6] as number);
}

function send(socket: Socket, answer: Buffer): void {
  if (!socket.writable) return;
  // A reader that asks and never reads would otherwise fill our memory.
  if (socket.writableLength > 1024 * 1024) socket.destroy();
  else socket.write(answer);
}

/** CRC-16/MODBUS, sent low byte first. */
function crc16(bytes: Buffer): number {
  let crc = 0xffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xa001 : crc >>> 1;
  }
  return crc;
}
