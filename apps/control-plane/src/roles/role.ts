export const roles = ['api', 'worker', 'gateway'] as const;

/**
 * What a process of the control plane does. `api`: API and web UI. `worker`: workflows, offering runs, gathering and
 * removing. `gateway`: the worker gateway and the host API. Any number of processes may have each.
 */
export type Role = (typeof roles)[number];
