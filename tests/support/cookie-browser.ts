/** `fetch` with cookies, as a browser keeps them for one host; it follows nothing by itself. */
export interface CookieBrowser {
  cookies: Map<string, string>;
  visit(url: string, form?: Record<string, string>): Promise<Visit>;
}

export interface Visit {
  status: number;
  /** The whole address that the answer redirects to. */
  location: string | undefined;
  headers: Headers;
  text: string;
}

export function createCookieBrowser(): CookieBrowser {
  const cookies = new Map<string, string>();
  return {
    cookies,
    visit: async (url, form) => {
      const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
      const body = form && { method: 'POST', body: new URLSearchParams(form) };
      const reply = await fetch(url, { ...body, redirect: 'manual', headers: { cookie } });
      for (const line of reply.headers.getSetCookie()) {
        const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
        if (value === '') cookies.delete(name);
        else cookies.set(name, value);
      }
      const location = reply.headers.get('location');
      return {
        status: reply.status,
        location: location === null ? undefined : new URL(location, url).href,
        headers: reply.headers,
        text: await reply.text(),
      };
    },
  };
}
