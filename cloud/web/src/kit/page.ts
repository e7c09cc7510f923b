// The page of a plain domain, said once: which fields are columns, which are in the form, and the words.
// A label that is missing in either language does not compile.

import type { ComponentType } from 'react';
import { type AnyResource, type Field, type RecordOf, titleNameOf } from '../../../platform/kit/resource.ts';
import type { Format } from '../shell/format.ts';
import type { Language } from '../shell/settings.ts';
import type { FieldInputProps } from './field-input.tsx';

type FieldName<R extends AnyResource> = keyof R['fields'] & string;

type ChoiceName<R extends AnyResource> = {
  [K in FieldName<R>]: R['fields'][K] extends { readonly kind: 'choice' } ? K : never;
}[FieldName<R>];

type ChoicesOf<F> = F extends { readonly kind: 'choice'; readonly choices: readonly (infer C extends string)[] }
  ? C
  : never;

export interface ResourceWords<R extends AnyResource> {
  /** `Departments` */
  readonly many: string;
  /** `Department` */
  readonly one: string;
  /** `New department` */
  readonly create: string;
  /** What an empty list says: what these are for, and what to do. */
  readonly empty: string;
  readonly fields: Readonly<Record<FieldName<R>, string>>;
  readonly choices: { readonly [K in ChoiceName<R>]: Readonly<Record<ChoicesOf<R['fields'][K]>, string>> };
  /** What a field wants, under its input. */
  readonly hints?: Readonly<Partial<Record<FieldName<R>, string>>>;
  /** What the domain's own rules say, by the codes of their refusals; without a word here, the server's. */
  readonly faults?: Readonly<Record<string, string>>;
}

/** A record whose fields are known by the declaration only. */
export type KitRecord = RecordOf<AnyResource> & Readonly<Record<string, unknown>>;

export interface ResourcePage<R extends AnyResource = AnyResource> {
  readonly resource: R;
  readonly columns: readonly FieldName<R>[];
  readonly form: readonly FieldName<R>[];
  readonly filters?: readonly FieldName<R>[];
  readonly words: Readonly<Record<Language, ResourceWords<R>>>;
  /** Inputs of its own for fields that want more than their kind says. */
  readonly inputs?: Readonly<Partial<Record<FieldName<R>, ComponentType<FieldInputProps>>>>;
  /** Days that begin as the plant's today in the form of a new record. */
  readonly today?: readonly FieldName<R>[];
  /** What the detail lists; default all fields. */
  readonly details?: readonly FieldName<R>[];
  /** Records that nobody changes, and the words that say why. */
  readonly frozen?: { when(record: KitRecord): boolean; readonly words: Readonly<Record<Language, string>> };
  /** The columns of its CSV file, where they are more than its fields. */
  readonly file?: AnyResource;
  /** Beside the list's own commands. */
  readonly ListActions?: ComponentType;
  /** A form of its own for a new record. */
  readonly New?: ComponentType<{ base: string }>;
  /** What a record is called where its title alone says too little. */
  heading?(record: KitRecord, format: Format): string;
  /**
   * What `Detail` reads of a record, `access` as in `/users/7/access`, or a whole path with `{id}` in it;
   * loaded before anything is shown, so that nothing moves.
   */
  readonly alongside?: readonly string[];
  /** Over the fields of one record: what people come for. */
  readonly Lead?: ComponentType<{ record: KitRecord }>;
  /** Under the fields of one record: what is the domain's own. */
  readonly Detail?: ComponentType<{ record: KitRecord }>;
}

/** A page of any resource, as the kit handles it. */
export interface AnyPage extends Omit<ResourcePage, 'words' | 'inputs'> {
  readonly words: Readonly<Record<Language, AnyWords>>;
  readonly inputs?: Readonly<Record<string, ComponentType<FieldInputProps> | undefined>>;
}

export interface AnyWords extends Omit<ResourceWords<AnyResource>, 'fields' | 'choices' | 'hints'> {
  readonly fields: Readonly<Record<string, string>>;
  readonly choices: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly hints?: Readonly<Record<string, string | undefined>>;
}

/** Throws when the form leaves out what a creation must have. */
export function definePage<R extends AnyResource>(page: ResourcePage<R>): AnyPage {
  for (const [name, field] of fieldsOf(page.resource)) {
    if (field.required && !field.readOnly && field.default === undefined && !page.form.includes(name))
      throw new Error(`the form of ${page.resource.name} leaves out ${name}, which is required`);
  }
  return page;
}

/** Whether each record belongs to a plant: then lists follow the plant that is chosen for all pages. */
export function belongsToPlant(resource: AnyResource): boolean {
  return fieldsOf(resource).some(
    ([name, field]) => name === 'plantId' && field.kind === 'reference' && field.to === 'plants' && field.required,
  );
}

/** What people call a record. */
export function headingOf(
  { resource, heading }: Pick<AnyPage, 'resource' | 'heading'>,
  { record, format }: { record: KitRecord; format: Format },
): string {
  if (heading) return heading(record, format);
  const isReference = fieldOf(resource, resource.title).kind === 'reference';
  return String(record[isReference ? titleNameOf(resource.title) : resource.title]);
}

export function fieldsOf(resource: AnyResource): [string, Field][] {
  return Object.entries(resource.fields as Readonly<Record<string, Field>>);
}

export function fieldOf(resource: AnyResource, name: string): Field {
  const field = (resource.fields as Readonly<Record<string, Field | undefined>>)[name];
  if (!field) throw new Error(`${resource.name} has no field ${name}`);
  return field;
}
