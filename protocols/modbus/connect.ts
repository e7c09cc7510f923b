// Opens the TCP connection of a link: bounded, abortable, leaving nothing behind when it fails.
import net from 'node:net';
import { DriverError } from '../driver.ts';
import type { ModbusSettings } from './settings.ts';

type TcpTarget = Pick<ModbusSettings, 'host' | 'port' | 'connectTimeoutMs'>;

const keepAliveAfterMs = 30_000;

/** Open a TCP connection. Rejects with a DriverError; leaves nothing behind when it rejects or the signal fires. */
export function connectTcp({ host, port, connectTimeoutMs }: TcpTarget, signal: AbortSignal): Promise<net.Socket> {
  if (signal.aborted) return Promise.reject(asAborted(signal));
  return new Promise((resolve, reject) => {
    const socket = net.connect({
      host,
      port,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: keepAliveAfterMs,
    });
    const fail = (error: DriverError) => {
      release();
      socket.once('close', () => reject(error));
      socket.on('error', () => {});
      socket.destroy();
    };
    const timer = setTimeout(
      () =>
        fail(new DriverError('timeout', `${host}:${port} does not answer; is it switched on, is the address right?`)),
      connectTimeoutMs,
    );
    const abort = () => fail(asAborted(signal));
    const refused = (error: NodeJS.ErrnoException) => fail(connectError(error, `${host}:${port}`));
    const connected = () => {
      release();
      resolve(socket);
    };
    const release = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
      socket.off('connect', connected);
      socket.off('error', refused);
    };
    signal.addEventListener('abort', abort, { once: true });
    socket.once('connect', connected);
    socket.once('error', refused);
  });
}

function asAborted(signal: AbortSignal): DriverError {
  return signal.reason instanceof DriverError ? signal.reason : aborted();
}

function connectError(error: NodeJS.ErrnoException, peer: string): DriverError {
  if (error.code === 'ECONNREFUSED') {
    return new DriverError(
      'refused',
      `${peer} refuses the connection; is Modbus TCP enabled there, is the port right?`,
      {
        cause: error,
      },
    );
  }
  if (error.code === 'ETIMEDOUT') return new DriverError('timeout', `${peer} does not answer`, { cause: error });
  return new DriverError('unreachable', `${peer} cannot be reached: ${error.message}`, { cause: error });
}

/** What a caller gets whose signal fired. */
export function aborted(): DriverError {
  return new DriverError('aborted', 'given up by the caller');
}
