// What a kind of background job is: its name, the schema of its payload, and how patiently it is tried.

import type { Static, TObject } from 'typebox';

export interface JobKind<P extends TObject = TObject> {
  /** `<domain>.<action>`: `mail.send`. */
  readonly name: string;
  /** Refuses unknown fields; 256 KiB as JSON at most (sql/0010_jobs.sql). */
  readonly payload: P;
  /** The payload holds what nobody may read afterwards (a reset link): it is wiped when the job is completed. */
  readonly secret: boolean;
  /** Attempts until it is dead; null: as configured. */
  readonly attempts: number | null;
  /** The waits between attempts are so many times as long as usual, for what heals slowly. */
  readonly patience: number;
}

/** Declares a kind once; those who enqueue it and those who process it share the declaration. */
export function jobKind<P extends TObject>(
  name: string,
  payload: P,
  options: { readonly secret?: boolean; readonly attempts?: number; readonly patience?: number } = {},
): JobKind<P> {
  return {
    name,
    payload,
    secret: options.secret ?? false,
    attempts: options.attempts ?? null,
    patience: options.patience ?? 1,
  };
}

export type PayloadOf<K extends JobKind> = Static<K['payload']>;
