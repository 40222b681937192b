import type { z } from 'zod';
import type { ConnectorKind } from '../connectors/connector-descriptor.ts';

interface CommonDescriptor {
  /** As people call it. */
  name: string;
  /** What it does, as the end of a sentence that begins with its name. */
  does: string;
  /** The image that this version brings, or null: it knows the type, and cannot install it. */
  image: string | null;
}

/** Has jobs: a run of it is a container that does its work and ends. */
export interface BatchAgentDescriptor extends CommonDescriptor {
  kind: 'batch';
  /** What a job of the type is told. Names and descriptions are the labels and hints of the job's form. */
  parameters: z.ZodObject;
  /** Parameters for which the form offers what the chosen host has. */
  suggests?: Record<string, 'connectors' | 'connection names'>;
  /** The connectors whose connections it reads. */
  reads: readonly ConnectorKind[];
}

/** Runs on its host without an end, and is only recorded here. */
export interface PersistentAgentDescriptor extends CommonDescriptor {
  kind: 'persistent';
}

export type AgentDescriptor = BatchAgentDescriptor | PersistentAgentDescriptor;
