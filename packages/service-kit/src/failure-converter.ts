import { DefaultFailureConverter } from '@temporalio/common';

/** Message and stack of a failure travel as a payload, and so through the codec. Temporal loads this file by its path. */
export const failureConverter = new DefaultFailureConverter({ encodeCommonAttributes: true });
