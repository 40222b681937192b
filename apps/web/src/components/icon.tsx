import type { ReactNode } from 'react';

/** Drawn on 16 × 16, in the colour of the text around. */
const shapes = {
  runs: <path d="M5 3.5v9l7.5-4.5z" />,
  jobs: <path d="M2.5 4.5h11M2.5 8h11M2.5 11.5h7" />,
  lineage: (
    <>
      <rect x="1.5" y="2" width="5" height="4" rx="1" />
      <rect x="1.5" y="10" width="5" height="4" rx="1" />
      <rect x="10" y="6" width="4.5" height="4" rx="1" />
      <path d="M6.5 4h1c1 0 1 4 2.5 4M6.5 12h1c1 0 1-4 2.5-4" />
    </>
  ),
  hosts: (
    <>
      <rect x="2" y="2.5" width="12" height="4.5" rx="1" />
      <rect x="2" y="9" width="12" height="4.5" rx="1" />
      <path d="M4.5 4.75h.01M4.5 11.25h.01" />
    </>
  ),
  docs: <path d="M4 1.5h5L12.5 5v9.5H4zM9 1.5V5h3.5M6 8.5h4M6 11h4" />,
  search: (
    <>
      <circle cx="7" cy="7" r="4.5" />
      <path d="m10.5 10.5 3.5 3.5" />
    </>
  ),
  copy: (
    <>
      <rect x="5.5" y="5.5" width="8" height="8.5" rx="1.5" />
      <path d="M3.5 10.5h-.5a1 1 0 0 1-1-1v-6.5a1 1 0 0 1 1-1h6a1 1 0 0 1 1 1v.5" />
    </>
  ),
  check: <path d="m3 8.5 3.5 3.5L13 4.5" />,
  cross: <path d="m4 4 8 8M12 4l-8 8" />,
  play: <path d="M5 3.5v9l7.5-4.5z" />,
  stop: <rect x="4" y="4" width="8" height="8" rx="1" />,
  plus: <path d="M8 3v10M3 8h10" />,
  more: <path d="M3.5 8h.01M8 8h.01M12.5 8h.01" strokeWidth="2.4" />,
  download: <path d="M8 2v8.5m-3.5-3.5L8 10.5 11.5 7M2.5 13.5h11" />,
  wrap: <path d="M2 4h12M2 8h9.5a2.25 2.25 0 0 1 0 4.5H8m2-2-2 2 2 2M2 12.5h3" />,
  up: <path d="m3.5 10 4.5-4.5 4.5 4.5" />,
  down: <path d="m3.5 6 4.5 4.5L12.5 6" />,
  warning: <path d="M8 2 1.5 13.5h13zM8 6.5v3.5M8 12h.01" />,
  table: (
    <>
      <rect x="2" y="2.5" width="12" height="11" rx="1" />
      <path d="M2 6h12M6.5 6v7.5" />
    </>
  ),
  view: (
    <>
      <path d="M1.5 8c2-3.3 4.2-5 6.5-5s4.5 1.7 6.5 5c-2 3.3-4.2 5-6.5 5s-4.5-1.7-6.5-5z" />
      <circle cx="8" cy="8" r="2" />
    </>
  ),
  column: <path d="M8 2v12M4.5 4.5v7M11.5 4.5v7" />,
  user: (
    <>
      <circle cx="8" cy="5.5" r="2.75" />
      <path d="M2.5 14c.6-3 2.7-4.5 5.5-4.5s4.9 1.5 5.5 4.5" />
    </>
  ),
  key: (
    <>
      <circle cx="5" cy="11" r="2.75" />
      <path d="m7 9 6.5-6.5M11 5l2 2M9 7l1.5 1.5" />
    </>
  ),
  audit: <path d="M4 1.5h8v13H4zM6 5l.7.7L8 4.4M6 8.5l.7.7L8 7.9M9.5 5.3h1M9.5 8.8h1M6.3 12h4.2" />,
  storage: (
    <>
      <ellipse cx="8" cy="3.75" rx="5.5" ry="2.25" />
      <path d="M2.5 3.75v8.5c0 1.25 2.5 2.25 5.5 2.25s5.5-1 5.5-2.25v-8.5M2.5 8c0 1.25 2.5 2.25 5.5 2.25s5.5-1 5.5-2.25" />
    </>
  ),
  fit: <path d="M2 6V2h4M10 2h4v4M14 10v4h-4M6 14H2v-4" />,
  minus: <path d="M3 8h10" />,
} satisfies Record<string, ReactNode>;

export type IconName = keyof typeof shapes;

/** Decoration only: what it means stands beside it in words, or is the name of its button. */
export function Icon({ name, size = 16 }: { name: IconName; size?: number }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.4"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
      style={{ flex: 'none' }}
    >
      {shapes[name]}
    </svg>
  );
}
