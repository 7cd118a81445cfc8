/**
 * Numbers in [0, 1), the same ones for the same seed and name (xorshift). Every process has a name of its own: two brokers that
 * drew the same numbers would give out the same request handles, and a late reply to the first could pass for one to the second.
 */
export function seededRandom(seed: number, name: string): () => number {
  let state = hash(`${seed}/${name}`) || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (const byte of Buffer.from(text)) value = Math.imul(value ^ byte, 0x01000193);
  return value >>> 0;
}
