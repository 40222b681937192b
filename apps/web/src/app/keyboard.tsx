import { useNavigate } from '@tanstack/react-router';
import { lazy, Suspense, useEffect, useRef, useState } from 'react';

const sequenceMs = 1200;

const KeyboardHelp = lazy(() => import('./keyboard-help.tsx').then(({ KeyboardHelp: help }) => ({ default: help })));

/** Keys of every page. Pages mark what they act on: `data-search`, `data-create`, `data-row-link`. */
export function Keyboard() {
  const navigate = useNavigate();
  const [helpIsOpen, setHelpIsOpen] = useState(false);
  const goSince = useRef(0);

  useEffect(() => {
    const goTo: Record<string, () => Promise<void>> = {
      r: () => navigate({ to: '/runs', search: {} }),
      j: () => navigate({ to: '/jobs' }),
      l: () => navigate({ to: '/lineage', search: {} }),
      h: () => navigate({ to: '/settings/agents/hosts' }),
    };
    const actions: Record<string, () => void> = {
      '/': () => find('[data-search]')?.focus(),
      c: () => find('[data-create]')?.click(),
      j: () => moveRow(1),
      k: () => moveRow(-1),
      '?': () => setHelpIsOpen(true),
      g: () => {
        goSince.current = Date.now();
      },
    };
    const onKey = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
      const target = event.target as HTMLElement;
      if (target.closest('input, textarea, [contenteditable], [role=dialog], [role=menu], [role=listbox]')) {
        if (event.key === 'Escape' && target.matches('[data-search]')) target.blur();
        return;
      }
      const isGoing = Date.now() - goSince.current < sequenceMs;
      const action = (isGoing && goTo[event.key]) || actions[event.key];
      if (!action) return;
      if (event.key !== 'g') goSince.current = 0;
      event.preventDefault();
      void action();
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [navigate]);

  return (
    helpIsOpen && (
      <Suspense>
        <KeyboardHelp onClose={() => setHelpIsOpen(false)} />
      </Suspense>
    )
  );
}

const find = (selector: string) => document.querySelector<HTMLElement>(selector);

function moveRow(by: number): void {
  const rows = [...document.querySelectorAll<HTMLElement>('main [data-row-link]')];
  const at = rows.indexOf(document.activeElement as HTMLElement);
  const next = rows[at < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, at + by))];
  next?.focus();
  next?.scrollIntoView({ block: 'nearest' });
}
