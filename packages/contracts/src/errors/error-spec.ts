/** One failure a user can meet: where it goes (HTTP status, exit code), what happened, what to do next. */
export interface ErrorSpec<Details> {
  status: number;
  retryable: boolean;
  /** Of the CLI: 1 unexpected, 2 wrong usage, 3 needs your action, 4 may work later. */
  exitCode: 1 | 2 | 3 | 4;
  message: (details: Details) => string;
  remedy: (details: Details) => string;
}

export const needsAction = <D>(status: number, message: (d: D) => string, remedy: (d: D) => string): ErrorSpec<D> => ({
  status,
  retryable: false,
  exitCode: 3,
  message,
  remedy,
});
export const mayWorkLater = <D>(status: number, message: (d: D) => string, remedy: (d: D) => string): ErrorSpec<D> => ({
  status,
  retryable: true,
  exitCode: 4,
  message,
  remedy,
});
export const wrongUsage = <D>(status: number, message: (d: D) => string, remedy: (d: D) => string): ErrorSpec<D> => ({
  ...needsAction(status, message, remedy),
  exitCode: 2,
});

/** What somebody else said of it, as the end of a sentence that has its own full stop. */
export const because = (said: string | undefined): string => (said ? `: ${said.replace(/[.\s]+$/, '')}` : '');
