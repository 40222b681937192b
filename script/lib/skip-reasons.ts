/**
 * For these reasons, and no other, a test may be skipped in `script/test`. A test that is skipped says which, where it is
 * declared (`{ meta: { skipReason: skipReasons.noGo } }`) or while it runs (`skip(skipReasons.noGo)`). What bootstrap
 * brings everywhere is no reason: without it the test should fail.
 */
export const skipReasons = {
  longRun: 'a long run: GUARD_SLOW=1 runs it',
  noCorpora: 'the shared corpora are not on this machine',
  notRoot: 'not running as root',
  noGo: 'Go is not installed',
  noTemporalServer: 'no production server of Temporal: script/temporal-server builds it',
} as const;
export type SkipReason = (typeof skipReasons)[keyof typeof skipReasons];

declare module 'vitest' {
  interface TaskMeta {
    skipReason?: SkipReason | undefined;
  }
}
