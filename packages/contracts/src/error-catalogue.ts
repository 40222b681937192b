import { accessErrors } from './errors/access.ts';
import { apiErrors } from './errors/api.ts';
import { auditErrors } from './errors/audit.ts';
import { connectionErrors } from './errors/connections.ts';
import { hostErrors } from './errors/hosts.ts';
import { installationErrors } from './errors/installation.ts';
import { jobErrors } from './errors/jobs.ts';
import { keyErrors } from './errors/keys.ts';
import { lineageErrors } from './errors/lineage.ts';
import { programErrors } from './errors/programs.ts';
import { registrationErrors } from './errors/registration.ts';
import { runFailures } from './errors/run-failures.ts';
import { runErrors } from './errors/runs.ts';
import { stackErrors } from './errors/stack.ts';

/** Every failure a user can meet, by its code. A file in `errors/` for each noun; each is named once, here. */
export const errorCatalogue = {
  ...programErrors,
  ...installationErrors,
  ...apiErrors,
  ...accessErrors,
  ...auditErrors,
  ...keyErrors,
  ...hostErrors,
  ...registrationErrors,
  ...stackErrors,
  ...connectionErrors,
  ...jobErrors,
  ...runErrors,
  ...runFailures,
  ...lineageErrors,
} as const;
