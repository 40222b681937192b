// Imported before everything else. The server's content policy refuses `new Function`, which zod would try, and every
// <style> without the nonce of this page; libraries deep below ask for it by this name.
export const styleNonce = (): string =>
  globalThis.document?.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? '';

Object.assign(globalThis, { __zod_globalConfig: { jitless: true }, __webpack_nonce__: styleNonce() });
