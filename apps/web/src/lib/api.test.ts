import { afterEach, expect, test, vi } from 'vitest';
import { api } from './api.ts';

afterEach(() => vi.unstubAllGlobals());

test('no character in what is shown changes what others look like, but the codes that the log view reads', async () => {
  const line = { number: 1, at: '2026-01-01T00:00:00.000Z', stream: 'stdout', text: '\u001b[31mred\u001b[0m a\u202Eb' };
  const answer = JSON.stringify({ lines: [line], nextAfter: 1, complete: true });
  vi.stubGlobal('fetch', async () => new Response(answer));
  const params = { runId: `run_${'0'.repeat(20)}` as never };
  const log = await api.call('getRunLog', { params });
  expect(log.lines[0]?.text).toBe('\u001b[31mred\u001b[0m a⟨U+202E⟩b');
});
