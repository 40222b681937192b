import { useRouter } from '@tanstack/react-router';
import { useEffect } from 'react';

/** Pages whose content comes a little later; after this the focus stays where it is. */
const waitMs = 3000;

/**
 * Keeps the keyboard's place over a change of page: on a page that is new, at its beginning; on one that is come back to,
 * at the link by which it was left.
 */
export function useKeptFocus(): void {
  const router = useRouter();
  useEffect(() => {
    const leftBy = new Map<number, string>();
    let stop: (() => void) | undefined;
    let index = router.history.location.state.__TSR_index;

    const remember = (event: Event) => {
      const link = event.target instanceof Element ? event.target.closest('#content a[href]') : null;
      if (link) leftBy.set(index, link.getAttribute('href') ?? '');
    };
    const unsubscribe = router.subscribe('onResolved', ({ pathChanged }) => {
      const before = index;
      index = router.history.location.state.__TSR_index;
      if (!pathChanged) return;
      stop?.();
      stop = index < before ? focusWhenThere(leftBy.get(index)) : focusWhenThere(undefined);
    });
    document.addEventListener('focusin', remember);
    document.addEventListener('click', remember);
    return () => {
      unsubscribe();
      stop?.();
      document.removeEventListener('focusin', remember);
      document.removeEventListener('click', remember);
    };
  }, [router]);
}

/** Focuses the link to `href` once it is on the page, or the page itself; not if somebody has put the focus elsewhere. */
function focusWhenThere(href: string | undefined): () => void {
  const content = document.getElementById('content');
  content?.focus({ preventScroll: true });
  if (!href || !content) return () => undefined;
  const find = () => content.querySelector<HTMLElement>(`a[href="${CSS.escape(href)}"]`);
  const observer = new MutationObserver(() => take());
  const timer = setTimeout(() => observer.disconnect(), waitMs);
  const stop = () => {
    clearTimeout(timer);
    observer.disconnect();
  };
  const take = () => {
    if (document.activeElement !== content && document.activeElement !== document.body) return stop();
    const link = find();
    if (!link) return;
    stop();
    link.focus({ preventScroll: true });
  };
  observer.observe(content, { childList: true, subtree: true });
  take();
  return stop;
}
