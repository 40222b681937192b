import { Facts } from '../../components/page.tsx';
import { sentenceOf } from '../../lib/format.ts';

/** What the agent was asked to do. */
export function Parameters({ parameters }: { parameters: Record<string, unknown> }) {
  return (
    <Facts
      facts={Object.entries(parameters).map(([name, value]) => [
        sentenceOf(name),
        <span key={name} className="mono">
          {Array.isArray(value)
            ? value.join(', ')
            : typeof value === 'boolean'
              ? value
                ? 'yes'
                : 'no'
              : String(value)}
        </span>,
      ])}
    />
  );
}
