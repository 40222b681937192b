import { setFlagsFromString } from 'node:v8';

// V8's tiering of wasm keeps about 40 KB for every call into the parser and never lets go of it: 10,000 views would take
// 400 MB. With the baseline compiler alone memory stays flat, and parsing is even faster because nothing recompiles.
// The flags count only before the module is compiled, so this module is imported before the parser's. The second and third
// are implied by the first on the command line, but not here.
for (const flag of ['--liftoff-only', '--no-wasm-tier-up', '--no-wasm-dynamic-tiering']) setFlagsFromString(flag);
