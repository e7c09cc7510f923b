// The audit trail of an organisation: every command with who, when, what, old, new and why; sealed into a
// chain that shows when a row was changed, taken away or moved afterwards.
//
// Tables: mes.audit_logs, mes.audit_seals, mes.audit_unsealed (written by cloud/platform/audit.ts and the
// sealer). Permissions: audit-logs.read, audit-logs.verify.
export { auditRoutes } from './routes.ts';
export type { AuditPage, Verification } from './schema.ts';
