import { expect, test } from 'vitest';
import { hostSetupOf, loadCliDownload, reachOf } from './host-setup.ts';

test.each([
  ['http://127.0.0.1:7700', 'loopback'],
  ['http://localhost:7700/', 'loopback'],
  ['https://[::1]:7702', 'loopback'],
  ['127.8.8.8:7701', 'loopback'],
  ['[::1]:7701', 'loopback'],
  ['control.localhost:7701', 'loopback'],
  ['0.0.0.0:7701', 'unspecified'],
  ['https://[::]:7702', 'unspecified'],
  ['https://bigeye.example.com', 'network'],
  ['172.17.0.1:7701', 'network'],
  ['[fd00::1]:7701', 'network'],
  ['localhost.example.com:7701', 'network'],
])('%s is of %s', (address, reach) => {
  expect(reachOf(address)).toBe(reach);
});

test('what is served as CLI has the hash that is shown, and none is served where none is named', () => {
  const cli = loadCliDownload(import.meta.filename);
  const setup = hostSetupOf([], { caFingerprint: 'ca', cli });
  expect(setup.cli).toMatchObject({ sha256: expect.stringMatching(/^[0-9a-f]{64}$/), bytes: cli?.content.length });
  expect(hostSetupOf([], { caFingerprint: 'ca', cli: loadCliDownload(undefined) }).cli).toBeNull();
  expect(() => loadCliDownload('/none')).toThrow('CLI_FILE');
});
