/**
 * A P-256 signature as it travels (IEEE P1363: r and s, 32 bytes each) and as Node makes and takes it (DER: a sequence of two
 * integers). Node can do both, but for an option beside the key it throws and catches an error, which costs more than the signature.
 */
export function rawSignatureOf(der: Uint8Array): Buffer {
  const r = der.subarray(4, 4 + (der[3] ?? 0));
  const s = der.subarray(4 + r.length + 2);
  return Buffer.concat([r, s].map((integer) => Buffer.concat([Buffer.alloc(halfBytes), integer]).subarray(-halfBytes)));
}

/** What is no signature of 64 bytes becomes one that is none of any key. */
export function derSignatureOf(raw: Uint8Array): Buffer {
  const integers = [raw.subarray(0, halfBytes), raw.subarray(halfBytes)].map((half) => {
    // The shortest form, with a zero in front where the first bit would be a sign.
    const start = half.findIndex((byte) => byte !== 0);
    const digits = start === -1 ? Buffer.alloc(1) : half.subarray(start);
    const body = (digits[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.alloc(1), digits]) : digits;
    return Buffer.concat([Buffer.from([0x02, body.length]), body]);
  });
  const body = Buffer.concat(integers);
  return Buffer.concat([Buffer.from([0x30, body.length]), body]);
}

const halfBytes = 32;
