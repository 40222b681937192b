export interface Figures {
  p50: number;
  p95: number;
}

export async function timed(act: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await act();
  return performance.now() - began;
}

export function figuresOf(ms: number[]): Figures {
  const sorted = [...ms].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return { p50: at(0.5), p95: at(0.95) };
}

export const printRow = (name: string, { p50, p95 }: Figures): void =>
  console.log(`${name.padEnd(64)} ${p50.toFixed(1).padStart(7)} ${p95.toFixed(1).padStart(7)}`);
