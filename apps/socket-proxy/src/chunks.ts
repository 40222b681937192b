/** Finds the end of a chunked body without copying it. */
export class ChunkScanner {
  done = false;
  private left = 0;
  private line = '';
  private last = false;

  /** Returns how many of the bytes belong to this body. Throws on framing that the daemon does not use. */
  scan(bytes: Buffer): number {
    let at = 0;
    while (at < bytes.length && !this.done) {
      const step = Math.min(this.left, bytes.length - at);
      this.left -= step;
      at += step;
      if (at === bytes.length) break;
      const feed = bytes.indexOf(10, at);
      const stop = feed < 0 ? bytes.length : feed + 1;
      this.line += bytes.toString('latin1', at, stop);
      at = stop;
      if (feed >= 0) this.endLine();
      else if (this.line.length > 16) throw new Error('The daemon sent a malformed chunk.');
    }
    return at;
  }

  private endLine(): void {
    const size = Number.parseInt(this.line, 16);
    if (!(this.last ? /^\r\n$/ : /^[0-9a-fA-F]{1,8}\r\n$/).test(this.line))
      throw new Error('The daemon sent a malformed chunk.');
    this.done = this.last;
    this.last = size === 0;
    // The two bytes behind a chunk are its own CRLF.
    this.left = size > 0 ? size + 2 : 0;
    this.line = '';
  }
}

/** Undoes the framing of a complete chunked body. */
export function joinChunks(wire: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < wire.length; ) {
    const end = wire.indexOf('\r\n', at);
    const size = Number.parseInt(wire.toString('latin1', at, end), 16);
    parts.push(wire.subarray(end + 2, end + 2 + size));
    at = end + 4 + size;
  }
  return Buffer.concat(parts);
}
