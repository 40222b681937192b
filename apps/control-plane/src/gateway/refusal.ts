/** Why a call is refused: as PERMISSION_DENIED, or as RESOURCE_EXHAUSTED for `too much`. */
export class Refusal extends Error {
  readonly kind: 'not allowed' | 'too much';

  constructor(message: string, kind: Refusal['kind'] = 'not allowed') {
    super(message);
    this.kind = kind;
  }
}
