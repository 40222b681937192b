// The names of all images that script/build.ts makes, without their tags, one a line.
import { imageContexts } from './lib/bundles.ts';

for (const { tag } of Object.values(imageContexts)) console.log(tag.replace(/:[^:]*$/, ''));
