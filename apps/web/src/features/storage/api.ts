import { queryOptions } from '@tanstack/react-query';
import { api } from '../../lib/api.ts';

/** Counts everything there is, so it is read when the page is opened and not over and over. */
export const storageQuery = queryOptions({ queryKey: ['storage'], queryFn: () => api.call('getStorage') });
