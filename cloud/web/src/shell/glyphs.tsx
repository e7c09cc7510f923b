// The signs of the screens, each drawn in one stroke. A sign never stands alone: a word is beside it.

const paths = {
  running: 'M7 4 20 12 7 20Z',
  setup:
    'M12 3v3M12 18v3M3 12h3M18 12h3M5.6 5.6 7.8 7.8M16.2 16.2l2.2 2.2M5.6 18.4l2.2-2.2M16.2 7.8l2.2-2.2M12 7a5 5 0 1 1 0 10a5 5 0 1 1 0-10',
  idle: 'M6 3H18L6 21H18Z',
  stopped: 'M5 5H19V19H5Z',
  unknown: 'M7.5 8.5a4.5 4.5 0 1 1 6.6 4c-1.5.8-2.1 1.6-2.1 3.3M12 20v.5',
  planned: 'M8 4V20M16 4V20',
  no_order: 'M12 5a7 7 0 1 1 0 14a7 7 0 1 1 0-14',
  not_scheduled: 'M5 12H19',
  alarm: 'M6 17V11a6 6 0 0 1 12 0V17H20H4M10.5 20.5h3',
  now: 'M3 13H8L10 6 14 19 16 13H21',
  plant: 'M3 20V10L9 14V10L15 14V4H21V20Z',
  machine: 'M4 20H20V13L14 9V13L8 9V13L4 10ZM9 16.5H10M14 16.5H15',
  oee: 'M5 20V12M12 20V5M19 20V9M3 20H21',
  orders: 'M5 4H19V20H5ZM8.5 9H15.5M8.5 13H15.5M8.5 17H12',
  close: 'M6 6 18 18M18 6 6 18',
} as const;

export type GlyphName = keyof typeof paths;

const solid: ReadonlySet<GlyphName> = new Set(['running', 'idle', 'stopped']);

export function Glyph({ name }: { name: GlyphName }) {
  return (
    <svg className="glyph" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path
        d={paths[name]}
        fill={solid.has(name) ? 'currentColor' : 'none'}
        stroke="currentColor"
        strokeWidth="2.4"
        strokeLinejoin="round"
        strokeLinecap="round"
      />
    </svg>
  );
}

export function Mark() {
  return (
    <svg className="mark" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <path d="M7 6v11a9 9 0 0 0 18 0V6M16 6v20" fill="none" stroke="currentColor" strokeWidth="4" />
    </svg>
  );
}
