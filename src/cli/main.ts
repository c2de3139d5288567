export async function main(_words: readonly string[]): Promise<number> {
  return 0;
}
