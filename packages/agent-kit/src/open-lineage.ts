import type { LineageTransformation } from '@bigeye/contracts';

const schemaRoot = 'https://openlineage.io/spec';
const core = `${schemaRoot}/2-0-2/OpenLineage.json#/$defs`;
// Static metadata has no moment of its own, and a clock would make two runs on an unchanged source differ.
const staticEventTime = '1970-01-01T00:00:00Z';

export interface OpenLineageDataset {
  /** `postgres://host:port` */
  readonly namespace: string;
  /** `database.schema.table` */
  readonly name: string;
}

export interface OpenLineageColumn {
  readonly name: string;
  readonly type: string;
}

export interface OpenLineageInput {
  readonly dataset: OpenLineageDataset;
  readonly field: string;
  readonly transformations: readonly LineageTransformation[];
}

export interface OpenLineageView {
  readonly dataset: OpenLineageDataset;
  readonly columns: readonly OpenLineageColumn[];
  readonly sql: string;
  readonly dialect: string;
  readonly inputs: readonly OpenLineageDataset[];
  /** Inputs of each output column, by its name. */
  readonly fields: ReadonlyMap<string, readonly OpenLineageInput[]>;
  /** Inputs that bear on every row: joins, filters, grouping, sorting. */
  readonly rowInputs: readonly OpenLineageInput[];
}

/** Builds OpenLineage 2-0-2 events for static metadata (no runs). Same input, same bytes. */
export class OpenLineageEvents {
  readonly #producer: string;

  /** @param producer a URI that names the agent and its version */
  constructor(producer: string) {
    this.#producer = producer;
  }

  /** A DatasetEvent with the schema of a table. */
  table(dataset: OpenLineageDataset, columns: readonly OpenLineageColumn[]): string {
    return this.#event('DatasetEvent', {
      dataset: { ...plain(dataset), facets: { schema: this.#schema(columns) } },
    });
  }

  /** A JobEvent: the job is the view's own query, its output the view. */
  view(view: OpenLineageView): string {
    const columnLineage = {
      ...this.#facet('facets/1-2-0/ColumnLineageDatasetFacet.json#/$defs/ColumnLineageDatasetFacet'),
      fields: Object.fromEntries(
        [...view.fields].map(([name, inputs]) => [name, { inputFields: inputs.map(inputField) }]),
      ),
      dataset: view.rowInputs.map(inputField),
    };
    const sql = {
      ...this.#facet('facets/1-1-0/SQLJobFacet.json#/$defs/SQLJobFacet'),
      query: view.sql,
      dialect: view.dialect,
    };
    return this.#event('JobEvent', {
      job: { ...plain(view.dataset), facets: { sql } },
      inputs: view.inputs.map(plain),
      outputs: [{ ...plain(view.dataset), facets: { schema: this.#schema(view.columns), columnLineage } }],
    });
  }

  #schema(columns: readonly OpenLineageColumn[]) {
    return {
      ...this.#facet('facets/1-2-0/SchemaDatasetFacet.json#/$defs/SchemaDatasetFacet'),
      fields: columns.map(({ name, type }) => ({ name, type })),
    };
  }

  #facet(schema: string) {
    return { _producer: this.#producer, _schemaURL: `${schemaRoot}/${schema}` };
  }

  #event(kind: string, body: Record<string, unknown>): string {
    const event = { eventTime: staticEventTime, producer: this.#producer, schemaURL: `${core}/${kind}`, ...body };
    return `${JSON.stringify(event)}\n`;
  }
}

function inputField(input: OpenLineageInput) {
  return { ...plain(input.dataset), field: input.field, transformations: input.transformations };
}

function plain({ namespace, name }: OpenLineageDataset) {
  return { namespace, name };
}
