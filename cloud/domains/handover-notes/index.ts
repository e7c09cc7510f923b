// Handover notes: what one shift tells the next, on a shift of a plant or of one of its lanes. Append-only: a
// correction is a note that replaces another, once; what it replaced stays readable.
//
// Tables: mes.handover_notes. Permissions: handover-notes.read, .create.

export type { NoteFaults } from './faults.ts';
export { handoverNotesRoutes } from './routes.ts';
export type { Note, Notes } from './schema.ts';
