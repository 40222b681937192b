import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { describe, expect, test } from 'vitest';
import { skipReasons } from '../../../script/lib/skip-reasons.ts';
import { OpenLineageEvents } from './open-lineage.ts';

const spec = join(import.meta.dirname, '../../../../shared/corpora/openlineage/spec');
const withoutSpec = existsSync(spec) ? undefined : skipReasons.noCorpora;

const dataset = (name: string) => ({ namespace: 'postgres://db:5432', name });
const events = new OpenLineageEvents('urn:bigeye:agent:test:1');
const table = events.table(dataset('shop.s.t'), [{ name: 'a', type: 'integer' }]);
const view = events.view({
  dataset: dataset('shop.s.v'),
  columns: [{ name: 'x', type: 'integer' }],
  sql: 'SELECT a AS x FROM s.t WHERE a > 1',
  dialect: 'postgres',
  inputs: [dataset('shop.s.t')],
  fields: new Map([
    ['x', [{ dataset: dataset('shop.s.t'), field: 'a', transformations: [{ type: 'DIRECT', subtype: 'IDENTITY' }] }]],
  ]),
  rowInputs: [{ dataset: dataset('shop.s.t'), field: 'a', transformations: [{ type: 'INDIRECT', subtype: 'FILTER' }] }],
});

/** Validates by OpenLineage's own schemas: the event, and each facet by the schema that its _schemaURL names. */
function validator() {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  formats.default(ajv);
  ajv.addSchema(JSON.parse(readFileSync(join(spec, 'OpenLineage.json'), 'utf8')));
  for (const file of readdirSync(join(spec, 'facets'))) {
    ajv.addSchema(JSON.parse(readFileSync(join(spec, 'facets', file), 'utf8')));
  }
  return ajv;
}

function facetsOf(value: unknown): { _schemaURL: string }[] {
  if (typeof value !== 'object' || value === null) return [];
  const below = Object.values(value).flatMap(facetsOf);
  return '_schemaURL' in value ? [value as { _schemaURL: string }, ...below] : below;
}

describe('events by the standard', () => {
  test.for([
    { kind: 'DatasetEvent', line: table, facetCount: 1 },
    { kind: 'JobEvent', line: view, facetCount: 3 },
  ])('a $kind is valid, and so is each of its facets', ({ kind, line, facetCount }, { skip }) => {
    if (withoutSpec !== undefined) skip(withoutSpec);
    const ajv = validator();
    const event: { schemaURL: string } = JSON.parse(line);
    expect(event.schemaURL).toBe(`https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/${kind}`);
    expect(ajv.validate(event.schemaURL, event), ajv.errorsText()).toBe(true);
    const facets = facetsOf(event);
    expect(facets).toHaveLength(facetCount);
    for (const facet of facets) {
      expect(ajv.validate(facet._schemaURL, facet), `${facet._schemaURL}: ${ajv.errorsText()}`).toBe(true);
    }
  });

  test('the validator knows a bad column lineage when it sees one', ({ skip }) => {
    if (withoutSpec !== undefined) skip(withoutSpec);
    const [facet] = facetsOf(JSON.parse(view)).filter(({ _schemaURL }) => _schemaURL.includes('ColumnLineage'));
    const bad = { ...facet, fields: { x: { inputFields: [{ namespace: 'n', name: 't' }] } } };
    expect(validator().validate(facet?._schemaURL ?? '', bad)).toBe(false);
  });

  test("the standard's own instances pass the same validator", ({ skip }) => {
    if (withoutSpec !== undefined) skip(withoutSpec);
    const ajv = validator();
    const files = readdirSync(join(spec, 'tests'), { recursive: true, encoding: 'utf8' }).filter((file) =>
      /Facet\/.*\.json$/.test(file),
    );
    expect(files.length).toBeGreaterThanOrEqual(40);
    for (const file of files) {
      const schema = JSON.parse(readFileSync(join(spec, 'facets', `${file.split('/')[0]}.json`), 'utf8'));
      const instance = JSON.parse(readFileSync(join(spec, 'tests', file), 'utf8'));
      expect(ajv.validate(schema.$id, instance), `${file}: ${ajv.errorsText()}`).toBe(true);
    }
  });
});

test('an event is one line that names no moment, so that an unchanged source gives the same bytes', () => {
  expect(view.match(/\n/g)).toHaveLength(1);
  expect(JSON.parse(view)).toMatchObject({ eventTime: '1970-01-01T00:00:00Z' });
});
