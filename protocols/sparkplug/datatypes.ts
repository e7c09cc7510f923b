// The datatypes of Sparkplug B 3.0 (chapter 6, "Data Types"): codes on the wire and our names for them.

/** Sparkplug datatype codes by name. */
export const datatypeCode = {
  Unknown: 0,
  Int8: 1,
  Int16: 2,
  Int32: 3,
  Int64: 4,
  UInt8: 5,
  UInt16: 6,
  UInt32: 7,
  UInt64: 8,
  Float: 9,
  Double: 10,
  Boolean: 11,
  String: 12,
  DateTime: 13,
  Text: 14,
  UUID: 15,
  DataSet: 16,
  Bytes: 17,
  File: 18,
  Template: 19,
} as const;

export type SparkplugDatatype = keyof typeof datatypeCode;

const names = new Map<number, SparkplugDatatype>(
  Object.entries(datatypeCode).map(([name, code]) => [code, name as SparkplugDatatype]),
);

/** The name of a datatype code; `Unknown` for codes this version of Sparkplug has no name for (arrays among them). */
export function datatypeName(code: number): SparkplugDatatype {
  return names.get(code) ?? 'Unknown';
}

/** What a metric's value is once its datatype is known. */
export type DatatypeFamily = 'number' | 'boolean' | 'text' | 'bytes' | 'unsupported';

/** How values of a datatype are stored: numbers and booleans as float8, text as text, the rest not at all. */
export function datatypeFamily(code: number): DatatypeFamily {
  switch (datatypeName(code)) {
    case 'Int8':
    case 'Int16':
    case 'Int32':
    case 'Int64':
    case 'UInt8':
    case 'UInt16':
    case 'UInt32':
    case 'UInt64':
    case 'Float':
    case 'Double':
    case 'DateTime':
      return 'number';
    case 'Boolean':
      return 'boolean';
    case 'String':
    case 'Text':
    case 'UUID':
      return 'text';
    case 'Bytes':
    case 'File':
      return 'bytes';
    case 'Unknown':
    case 'DataSet':
    case 'Template':
      return 'unsupported';
  }
}
