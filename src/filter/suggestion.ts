// "Did you mean": the known word that is nearest to a misspelt one, by the number of letters that were
// dropped, added, replaced or swapped with their neighbour (optimal string alignment distance).

const MAX_WORD = 24;

/** The nearest candidate within two slips (one for words up to four letters), or `undefined`. */
export function suggestWord(word: string, candidates: Iterable<string>): string | undefined {
  if (word.length < 2 || word.length > MAX_WORD) return undefined;
  const lowerCase = word.toLowerCase();
  let nearest: string | undefined;
  let slips = word.length <= 4 ? 1 : 2;
  for (const candidate of candidates) {
    const distance = alignmentDistance(lowerCase, candidate);
    if (distance < slips || (distance === slips && nearest === undefined)) {
      nearest = candidate;
      slips = distance;
    }
  }
  return nearest;
}

/** Cost is the product of the lengths. */
function alignmentDistance(from: string, to: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column <= to.length; column++) {
      const isSame = from[row - 1] === to[column - 1];
      let distance = Math.min(
        last[column]! + 1,
        current[column - 1]! + 1,
        last[column - 1]! + (isSame ? 0 : 1),
      );
      const isSwapped = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      if (row > 1 && column > 1 && isSwapped) {
        distance = Math.min(distance, beforeLast[column - 2]! + 1);
      }
      current.push(distance);
    }
    beforeLast = last;
    last = current;
  }
  return last[to.length]!;
}
