import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { reasonOf } from '@bigeye/service-kit';

/** What of the control plane's settings says how Temporal is reached. */
export interface TemporalSettings {
  TEMPORAL_ADDRESS?: string | undefined;
  TEMPORAL_NAMESPACE: string;
  TEMPORAL_TLS?: boolean | undefined;
  TEMPORAL_TLS_CA_PATH?: string | undefined;
  TEMPORAL_TLS_SERVER_NAME?: string | undefined;
  TEMPORAL_TLS_CERT_PATH?: string | undefined;
  TEMPORAL_TLS_KEY_PATH?: string | undefined;
  TEMPORAL_API_KEY?: string | undefined;
  /** Where the key came from, to be read again while we run. */
  TEMPORAL_API_KEY_FILE?: string | undefined;
}

const tlsNames = [
  'TEMPORAL_TLS_CA_PATH',
  'TEMPORAL_TLS_SERVER_NAME',
  'TEMPORAL_TLS_CERT_PATH',
  'TEMPORAL_TLS_KEY_PATH',
] as const;

/** Whoever names anything of TLS, or an API key for a server elsewhere, wants TLS. */
export function wantsTls(settings: TemporalSettings): boolean {
  if (settings.TEMPORAL_TLS !== undefined) return settings.TEMPORAL_TLS;
  return tlsNames.some((name) => settings[name] !== undefined) || settings.TEMPORAL_API_KEY !== undefined;
}

/** Everything that is wrong with them, in themselves and in the files they name. */
export function faultsOfTemporalSettings(settings: TemporalSettings): { name: string; message: string }[] {
  const { TEMPORAL_TLS_CERT_PATH: certificate, TEMPORAL_TLS_KEY_PATH: key } = settings;
  const faults: { name: string; message: string }[] = [];
  const given = [...tlsNames, 'TEMPORAL_TLS', 'TEMPORAL_API_KEY'] as const;
  if (settings.TEMPORAL_ADDRESS === undefined)
    for (const name of given)
      if (settings[name] !== undefined) faults.push({ name, message: 'of no use without TEMPORAL_ADDRESS' });
  if (settings.TEMPORAL_TLS === false)
    for (const name of tlsNames)
      if (settings[name] !== undefined) faults.push({ name, message: 'of no use while TEMPORAL_TLS is off' });
  if (certificate !== undefined && key === undefined)
    faults.push({ name: 'TEMPORAL_TLS_KEY_PATH', message: 'missing, where TEMPORAL_TLS_CERT_PATH is there' });
  if (key !== undefined && certificate === undefined)
    faults.push({ name: 'TEMPORAL_TLS_CERT_PATH', message: 'missing, where TEMPORAL_TLS_KEY_PATH is there' });
  const address = settings.TEMPORAL_ADDRESS ?? '';
  if (settings.TEMPORAL_API_KEY !== undefined && !wantsTls(settings) && !isLoopback(address))
    faults.push({ name: 'TEMPORAL_API_KEY', message: `would travel in the clear to ${address}: set TEMPORAL_TLS` });
  return [...faults, ...faultsOfFiles(settings)];
}

function faultsOfFiles(settings: TemporalSettings): { name: string; message: string }[] {
  const faults: { name: string; message: string }[] = [];
  /** Undefined where the file cannot be used, which is then among the faults. */
  const parse = <Parsed>(name: (typeof tlsNames)[number], parser: (pem: Buffer) => Parsed): Parsed | undefined => {
    const file = settings[name];
    if (file === undefined) return undefined;
    try {
      return parser(readFileSync(file));
    } catch (error) {
      faults.push({ name, message: `${file}: ${reasonOf(error)}` });
      return undefined;
    }
  };
  parse('TEMPORAL_TLS_CA_PATH', (pem) => new X509Certificate(pem));
  const certificate = parse('TEMPORAL_TLS_CERT_PATH', (pem) => new X509Certificate(pem));
  const key = parse('TEMPORAL_TLS_KEY_PATH', (pem) => createPrivateKey(pem));
  if (certificate && key && !certificate.checkPrivateKey(key))
    faults.push({ name: 'TEMPORAL_TLS_KEY_PATH', message: 'is not the key of TEMPORAL_TLS_CERT_PATH' });
  return faults;
}

function isLoopback(address: string): boolean {
  return /^(127\.\d+\.\d+\.\d+|\[::1\]|localhost):\d+$/.test(address);
}
