// Types of lock.mjs, which runs on Node versions that cannot read TypeScript.

export interface LockOptions {
  readonly file: string;
  readonly waitMs: number;
  readonly onWait?: (owner: number) => void;
}

export function withLock<T>(options: LockOptions, work: () => Promise<T>): Promise<T>;
