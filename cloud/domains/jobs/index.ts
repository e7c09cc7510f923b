// Jobs: background work as people see it. Who asked for a job sees how far it is and may cancel it while it
// waits; who may look after the organisation's jobs sees all of them and replays the dead ones. What a job
// was given (its payload) is shown to nobody: it may be a secret.
//
// Table: mes.background_jobs (its states: sql/0010_jobs.sql). Permissions: jobs.read, jobs.retry; one's own
// need only a sign-in. Jobs are asked for and done through cloud/platform/jobs/.

export { jobsRoutes } from './routes.ts';
export type * from './schema.ts';
