import type { PasswordLink } from '@bigeye/contracts';

/** The token stands behind the #: browsers send that part to nobody, so it is in no log and no Referer. */
export function passwordLinkOf(publicUrl: string, link: { token: string; expiresAt: Date }): PasswordLink {
  const url = `${publicUrl.replace(/\/+$/, '')}/set-password#${link.token}`;
  return { url, expiresAt: link.expiresAt.toISOString() };
}
