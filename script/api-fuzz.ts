/**
 * script/api-fuzz [seconds for each caller, default 120] [checks, default all that concern answers]: sends what
 * schemathesis makes of the OpenAPI document to a real control plane, as every role. Fails for a 5xx.
 */
import { fuzzApi } from '../tests/support/api-fuzz.ts';

const [seconds = '120', checks = 'not_a_server_error,status_code_conformance,response_schema_conformance'] =
  process.argv.slice(2);
const results = await fuzzApi({ seconds: Number(seconds), checks });
let failed = 0;
for (const { caller, sent, serverErrors, output } of results) {
  console.log(`${caller}: requests sent: ${sent}, 5xx: ${serverErrors.length}`);
  for (const error of serverErrors) console.log(`  ${error.slice(0, 500)}`);
  if (process.env.VERBOSE) console.log(output);
  failed += serverErrors.length;
}
console.log(`requests sent: ${results.reduce((sum, { sent }) => sum + sent, 0)}, 5xx: ${failed}`);
process.exitCode = failed > 0 ? 1 : 0;
