// Imported before everything else: zod would try `new Function`, which the server's content policy refuses.
Object.assign(globalThis, { __zod_globalConfig: { jitless: true } });
