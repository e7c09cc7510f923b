// The CSV samples of docs/samples, which ship with the pages: a list that imports offers its own to who
// wonders what a file looks like. test/flow/csv-samples.test.ts imports each, and misses none.

// Inlined, a file would be a data: URL, which browsers keep from being opened.
const files = import.meta.glob<string>('../../../../docs/samples/*.csv', {
  query: '?url&no-inline',
  import: 'default',
  eager: true,
});

/** URL of the sample for a resource, by its name. */
export function sampleOf(resource: string): string | undefined {
  return files[`../../../../docs/samples/${resource}.csv`];
}
