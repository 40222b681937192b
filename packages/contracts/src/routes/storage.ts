import { StorageReport } from '../storage.ts';
import { atLeast, base, route } from './route.ts';

/** What is kept, and for how long. */
export const storageRoutes = {
  getStorage: route({
    method: 'GET',
    path: `${base}/storage`,
    tag: 'Storage',
    summary: 'What is kept, how much room it takes, how long it stays, and what was removed last',
    access: atLeast('admin'),
    response: StorageReport,
    errors: [],
  }),
};
