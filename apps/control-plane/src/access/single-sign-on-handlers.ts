import { AppError, isAppError } from '@bigeye/contracts';
import type { SomeHandlers } from '../http/handlers.ts';
import type { AttemptLimits } from './attempt-limits.ts';
import { flowLifetimeSeconds } from './flow-seal.ts';
import { openSession } from './open-session.ts';
import { flowCookieOf, setFlowCookie } from './session-cookie.ts';
import type { SessionStore } from './session-store.ts';
import type { SingleSignOn } from './single-sign-on.ts';
import type { SubjectStore } from './subject-store.ts';

export interface SingleSignOnDeps {
  singleSignOn: SingleSignOn | undefined;
  subjectStore: SubjectStore;
  sessionStore: SessionStore;
  attemptLimits: AttemptLimits;
}

/** To the OpenID provider and back. */
export function createSingleSignOnHandlers(deps: SingleSignOnDeps) {
  const { singleSignOn, subjectStore, attemptLimits } = deps;
  return {
    getSignInMethods: () => ({ singleSignOn: singleSignOn ? { name: singleSignOn.name } : null }),
    startSingleSignOn: async ({ query, request, reply }) => {
      const { url, sealedFlow } = await required(singleSignOn).start(query.to);
      setFlowCookie(request, reply, sealedFlow, flowLifetimeSeconds);
      return url;
    },
    finishSingleSignOn: async ({ request, reply, note }) => {
      note.details.by = 'single sign-on';
      const sealedFlow = flowCookieOf(request);
      setFlowCookie(request, reply, '', 0);
      const { search } = new URL(request.url, 'http://here.invalid');
      const { user, to } = await attemptLimits.bySecret(request.ip, async () => {
        const { subject, to } = await required(singleSignOn)
          .finish({ sealedFlow, search })
          .catch((error) => {
            if (isAppError(error, 'OIDC_REFUSED')) note.details.reason = error.details.reason;
            throw error;
          });
        note.claimedName = subject.email;
        return { user: await subjectStore.findOrInsertUser(subject), to };
      });
      await openSession(deps, user, { request, reply, note });
      return pageThatGoesOnTo(to);
    },
  } satisfies SomeHandlers;
}

function required(singleSignOn: SingleSignOn | undefined): SingleSignOn {
  if (!singleSignOn) throw new AppError('OIDC_NOT_SET_UP', {});
  return singleSignOn;
}

/**
 * The session cookie is SameSite=Strict: a browser that the provider leads here does not send it along a redirect. From
 * a page of our own it does.
 */
function pageThatGoesOnTo(path: string): string {
  const address = path.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Signed in</title>
<meta http-equiv="refresh" content="0;url=${address}"></head><body><a href="${address}">Go on</a></body></html>`;
}
