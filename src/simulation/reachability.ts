/** Backwards through a graph: from where is there no way to anything good? */
import type { Numbers } from './numbers.ts';

/**
 * The first node from which no good one can be reached, or -1.
 *
 * @param nodes how many there are.
 * @param edgesOf where the edges of each node begin in `edges`; one more entry at the end.
 * @param edges where they lead.
 */
export function hopeless(nodes: number, edgesOf: Numbers, edges: Numbers, isGood: (node: number) => boolean): number {
  const { from, fromOf } = reversed(nodes, edgesOf, edges);
  const hopeful = new Uint8Array(nodes);
  const reached = new Int32Array(nodes);
  let size = 0;
  for (let node = 0; node < nodes; node++) {
    if (!isGood(node)) continue;
    hopeful[node] = 1;
    reached[size++] = node;
  }
  for (let next = 0; next < size; next++) {
    const node = reached[next] as number;
    const end = fromOf[node + 1] as number;
    for (let at = fromOf[node] as number; at < end; at++) {
      const before = from[at] as number;
      if (hopeful[before] === 1) continue;
      hopeful[before] = 1;
      reached[size++] = before;
    }
  }
  return hopeful.indexOf(0);
}

/** The same edges, filed under where they lead. */
function reversed(nodes: number, edgesOf: Numbers, edges: Numbers): { readonly from: Int32Array; readonly fromOf: Int32Array } {
  const fromOf = new Int32Array(nodes + 1);
  for (let at = 0; at < edges.size; at++) {
    const to = edges.at(at) + 1;
    fromOf[to] = (fromOf[to] as number) + 1;
  }
  for (let node = 0; node < nodes; node++) fromOf[node + 1] = (fromOf[node + 1] as number) + (fromOf[node] as number);
  const from = new Int32Array(edges.size);
  const next = fromOf.slice();
  for (let node = 0; node < nodes; node++) {
    const end = edgesOf.at(node + 1);
    for (let at = edgesOf.at(node); at < end; at++) {
      const to = edges.at(at);
      const place = next[to] as number;
      from[place] = node;
      next[to] = place + 1;
    }
  }
  return { from, fromOf };
}
