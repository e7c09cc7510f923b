// What a plain domain is, said once: its fields, its key, where it is kept. From this declaration come
// the table's columns as the API shows them, the checks of a request, list, filters and search, CSV in
// and out, the OpenAPI document, and the screens. It is data only, so that servers and screens share it.

/** A short or long text. */
export interface TextField {
  readonly kind: 'text';
  readonly maxLength: number;
  readonly multiline?: boolean;
  /** What the text must look like, and the words that say so to people. */
  readonly pattern?: { readonly source: string; readonly says: string };
}
export interface IntegerField {
  readonly kind: 'integer';
  readonly minimum: number;
  readonly maximum: number;
  readonly unit?: string;
}
/** A numeric column, exact to 15 digits. */
export interface DecimalField {
  readonly kind: 'decimal';
  readonly minimum: number;
  readonly maximum: number;
  readonly unit?: string;
}
export interface BooleanField {
  readonly kind: 'boolean';
}
export interface ChoiceField {
  readonly kind: 'choice';
  readonly choices: readonly string[];
}
/** A calendar day, `2026-03-04`. */
export interface DateField {
  readonly kind: 'date';
}
/** A moment, ISO 8601 with its offset. */
export interface InstantField {
  readonly kind: 'instant';
}
/** The id of a record of another resource. The record also carries its title: `plantId` brings `plantName`. */
export interface ReferenceField {
  readonly kind: 'reference';
  /** Name of the resource, and its table in the schema mes. */
  readonly to: string;
  /** The column that people know it by; unique in the organisation where CSV is to find it. */
  readonly title: string;
}
/** A list of texts, in a jsonb column. */
export interface TextsField {
  readonly kind: 'texts';
  readonly maxItems: number;
  readonly maxLength: number;
}
/** What an organisation adds by itself: an object of texts, numbers and booleans, in a jsonb column. */
export interface AttributesField {
  readonly kind: 'attributes';
  readonly maxItems: number;
  /** Of a name, and of a text. */
  readonly maxLength: number;
}

export type FieldKind =
  | TextField
  | IntegerField
  | DecimalField
  | BooleanField
  | ChoiceField
  | DateField
  | InstantField
  | ReferenceField
  | TextsField
  | AttributesField;

export interface FieldRules {
  /** Never null. */
  readonly required?: boolean;
  /** Set at creation, never changed. */
  readonly fixed?: boolean;
  /** Set by the server only. */
  readonly readOnly?: boolean;
  /** Taken when a creation leaves it out. */
  readonly default?: string | number | boolean | readonly string[] | Attributes;
  /** `search=` looks into it. Texts only. */
  readonly search?: boolean;
  /** Lists can be sorted by it. Required fields only: null has no place in an order that pages. */
  readonly sort?: boolean;
}

export type Field = FieldKind & FieldRules;

export type Attributes = Readonly<Record<string, string | number | boolean>>;

export interface Resource<F extends Readonly<Record<string, Field>> = Readonly<Record<string, Field>>> {
  /** Plural, kebab-case: the path, and the domain of its permissions (`departments.read`). */
  readonly name: string;
  /** What one of them is called in messages: `department`. */
  readonly singular: string;
  /** Table in the schema mes, made with mes.keep_record and mes.fence. */
  readonly table: string;
  /** Whether its permissions can be given for a single plant. */
  readonly scope: 'plant' | 'organization';
  /** Actions that nevertheless need the permission for the whole organisation. */
  readonly wholeOrganization?: readonly string[];
  /** The field that people know a record by. */
  readonly title: keyof F & string;
  /** What CSV finds a record by: unique in the organisation. Empty: CSV only creates. */
  readonly key: readonly (keyof F & string)[];
  /** How a list is sorted when nobody asks otherwise. */
  readonly order: keyof F & string;
  readonly fields: F;
  /**
   * A function `(asked text, most int, filters jsonb)` of the schema mes that answers id and place of what fits
   * best and passes the filters, for tables too large to look into each row. Then `search=` is asked there, and
   * lists the best first. mes.search_materials is the model.
   */
  readonly searchedBy?: string;
  /** What the API offers; default all. Without `archive` there is no restore. */
  readonly offers?: readonly Operation[];
}

export const operations = ['list', 'get', 'create', 'update', 'archive', 'import', 'export'] as const;
export type Operation = (typeof operations)[number];

// oxlint-disable-next-line typescript/no-explicit-any -- a resource of any fields; unknown would refuse all of them
export type AnyResource = Resource<any>;

type ValueOf<F> = F extends TextField | DateField | InstantField
  ? string
  : F extends ChoiceField
    ? F['choices'][number]
    : F extends IntegerField | DecimalField | ReferenceField
      ? number
      : F extends BooleanField
        ? boolean
        : F extends TextsField
          ? readonly string[]
          : F extends AttributesField
            ? Attributes
            : never;

/** The fields of a record. */
export type FieldsOf<R extends AnyResource> = {
  readonly [K in keyof R['fields']]: R['fields'][K] extends { readonly required: true }
    ? ValueOf<R['fields'][K]>
    : ValueOf<R['fields'][K]> | null;
};

/** A record as the API answers it. Times are ISO 8601. */
export type RecordOf<R extends AnyResource> = FieldsOf<R> & {
  readonly id: number;
  readonly version: number;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly archivedAt: string | null;
};

type Described<K, O> = Readonly<K & O>;

export function text<const O extends FieldRules & Omit<TextField, 'kind' | 'maxLength'> & { maxLength?: number }>(
  options: O,
): Described<TextField, Omit<O, 'maxLength'>> {
  return { kind: 'text', ...options, maxLength: options.maxLength ?? 200 };
}

/** @public */
export function integer<const O extends FieldRules & Partial<Omit<IntegerField, 'kind'>>>(
  options: O,
): Described<IntegerField, Omit<O, 'minimum' | 'maximum'>> {
  return { kind: 'integer', ...options, minimum: options.minimum ?? 0, maximum: options.maximum ?? 2_147_483_647 };
}

/** @public */
export function decimal<const O extends FieldRules & Partial<Omit<DecimalField, 'kind'>>>(
  options: O,
): Described<DecimalField, Omit<O, 'minimum' | 'maximum'>> {
  return { kind: 'decimal', ...options, minimum: options.minimum ?? 0, maximum: options.maximum ?? 1e12 };
}

export function boolean<const O extends FieldRules>(options: O): Described<BooleanField, O> {
  return { kind: 'boolean', ...options };
}

export function choice<const C extends readonly string[], const O extends FieldRules>(
  choices: C,
  options: O,
): Described<{ readonly kind: 'choice'; readonly choices: C }, O> {
  return { kind: 'choice', choices, ...options };
}

/** @public */
export function date<const O extends FieldRules>(options: O): Described<DateField, O> {
  return { kind: 'date', ...options };
}

/** @public */
export function instant<const O extends FieldRules>(options: O): Described<InstantField, O> {
  return { kind: 'instant', ...options };
}

export function reference<const O extends FieldRules & { title?: string }>(
  to: string,
  options: O,
): Described<ReferenceField, Omit<O, 'title'>> {
  return { kind: 'reference', to, ...options, title: options.title ?? 'name' };
}

export function texts<const O extends FieldRules & { maxItems?: number; maxLength?: number }>(
  options: O,
): Described<TextsField, Omit<O, 'maxItems' | 'maxLength'>> {
  return { kind: 'texts', ...options, maxItems: options.maxItems ?? 100, maxLength: options.maxLength ?? 200 };
}

export function attributes<const O extends FieldRules & { maxItems?: number; maxLength?: number }>(
  options: O,
): Described<AttributesField, Omit<O, 'maxItems' | 'maxLength'>> {
  return { kind: 'attributes', ...options, maxItems: options.maxItems ?? 50, maxLength: options.maxLength ?? 200 };
}

/** Checks what the types cannot; a wrong declaration stops the boot. */
export function defineResource<const F extends Readonly<Record<string, Field>>>(declared: Resource<F>): Resource<F> {
  const wrong = (why: string): never => {
    throw new Error(`resource ${declared.name}: ${why}`);
  };
  for (const [name, field] of Object.entries<Field>(declared.fields)) {
    if (!/^[a-z][a-zA-Z0-9]*$/.test(name)) wrong(`the field ${name} is not camelCase`);
    if (reservedNames.includes(name)) wrong(`the field ${name} belongs to the kit`);
    if (field.sort && !field.required) wrong(`${name} is sorted by and must be required`);
    if (field.search && field.kind !== 'text') wrong(`${name} is searched and must be a text`);
    if (field.kind === 'reference' && !name.endsWith('Id')) wrong(`the reference ${name} must end in Id`);
  }
  const order = declared.fields[declared.order];
  if (!order?.sort) wrong(`its order ${declared.order} is no field with sort`);
  return declared;
}

const reservedNames = [
  'id',
  'version',
  'createdAt',
  'updatedAt',
  'archivedAt',
  'reason',
  'search',
  'sort',
  'limit',
  'cursor',
  'archived',
  'total',
];

/** What a name of an attribute looks like: it stands in a CSV header and in a URL. */
export const ATTRIBUTE_NAME = '^[^\\u0000-\\u001f.=&]{1,50}$';

/** A typed attribute: 12 and 1.5 are numbers, but not 007; true and yes are booleans; all others texts. */
export function readAttribute(typed: string, { decimalComma }: { decimalComma: boolean }): string | number | boolean {
  if (/^(true|yes|ja)$/.test(typed)) return true;
  if (/^(false|no|nein)$/.test(typed)) return false;
  const plain = decimalComma ? typed.replace(',', '.') : typed;
  return /^-?(0|[1-9]\d{0,14})(\.\d{1,14})?$/.test(plain) ? Number(plain) : typed;
}

/** As `readAttribute` takes it back. */
export function printAttribute(value: string | number | boolean): string {
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return String(value);
}

/** `plantId` → `plantName`: the title that a reference brings along. */
export function titleNameOf(referenceName: string): string {
  return referenceName.replace(/Id$/, 'Name');
}

/** The fields with their names, in the order of the declaration. */
export function fieldsOf(resource: AnyResource): [string, Field][] {
  return Object.entries(resource.fields as Readonly<Record<string, Field>>);
}

/**
 * The fields that are columns of a CSV file: those that clients write, and the plant of a record that has it
 * from its machine or order, which says there which of several of that name is meant.
 */
export function fileFieldsOf(resource: AnyResource): [string, Field][] {
  return fieldsOf(resource).filter(([name, field]) => !field.readOnly || name === 'plantId');
}

/** Header of a CSV column: `plantId` → `plant`, all others as they are. */
export function headerOf(name: string, field: Field): string {
  return field.kind === 'reference' ? name.replace(/Id$/, '') : name;
}

export function fieldOf(resource: AnyResource, name: string): Field | undefined {
  return (resource.fields as Readonly<Record<string, Field | undefined>>)[name];
}

export function offers(resource: AnyResource, operation: Operation): boolean {
  return resource.offers?.includes(operation) ?? true;
}

/** The permission that an action on a resource takes, `departments.update`, and its scope: a route's config. */
export function configOf(
  resource: AnyResource,
  action: string,
): { permission: `${string}.${string}`; scope: 'plant' | 'organization' } {
  const whole = resource.wholeOrganization?.includes(action);
  return { permission: `${resource.name}.${action}`, scope: whole ? 'organization' : resource.scope };
}
