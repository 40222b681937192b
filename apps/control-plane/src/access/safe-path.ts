const here = 'http://here.invalid';

/** The path if it is one of this site as browsers read it, otherwise `/`: nobody is led elsewhere after signing in. */
export function safePathOf(path = '/'): string {
  const url = path.startsWith('/') ? URL.parse(path, here) : null;
  if (url?.origin !== here) return '/';
  // What is left of "/.//elsewhere" names another host. An answer of the API is no page to end on.
  return /^\/(\/|api\/)/.test(url.pathname) ? '/' : url.pathname + url.search + url.hash;
}
