/** What an agent's container gets: its image, arguments and the files in `/in`. */
export interface AgentRunPlan {
  image: string;
  command: string[];
  /** File name → content. May hold secrets, so the files are readable by the run's user only. */
  files: Record<string, string>;
  /** Values that must not appear in a log. */
  secrets: string[];
}
