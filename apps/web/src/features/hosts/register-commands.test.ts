import { expect, test } from 'vitest';
import { addressOf, downloadCommand, registerCommand } from './register-commands.ts';

test.each([
  ['https://bigeye.example.com/', 'https://bigeye.example.com'],
  [' http://172.17.0.1:7700 ', 'http://172.17.0.1:7700'],
  ['https://example.com/bigeye/', 'https://example.com/bigeye'],
  ['bigeye.example.com', undefined],
  ['ftp://bigeye.example.com', undefined],
  ['https://me:secret@bigeye.example.com', undefined],
])('the address %j is %j', (typed, address) => {
  expect(addressOf(typed)).toBe(address);
});

test('the command holds all there is to say, and the shell keeps it out of its history', () => {
  const told = { hostId: 'etl-01', apiUrl: 'https://bigeye.example.com', caFingerprint: 'ab12' };
  expect(registerCommand('bigeye_reg_x', told)).toBe(
    ' BIGEYE_REGISTRATION_KEY=bigeye_reg_x ./bigeye-agent register --host-id etl-01 --api-url https://bigeye.example.com --ca-fingerprint ab12',
  );
});

test('what the shell would read in an address is quoted', () => {
  const apiUrl = addressOf("https://example.com/a'$(id)&b") ?? '';
  const command = downloadCommand(apiUrl, { path: '/install/bigeye-agent', sha256: 'ab12', bytes: 1 });
  expect(command).toBe(
    `curl -fsSO 'https://example.com/a'\\''$(id)&b/install/bigeye-agent' && echo "ab12  bigeye-agent" | sha256sum -c && chmod +x bigeye-agent`,
  );
});
