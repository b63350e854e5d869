/**
 * Why words or shares that a person typed are not taken: a code for programs, a sentence for people.
 * The sentence names positions and words that are near to what was typed, and no others.
 */

export const wordsRefusals = [
  'word-count',
  'unknown-word',
  'words-checksum',
  'no-share',
  'other-set',
  'too-few-shares',
  'wrong-share',
] as const;
export type WordsRefusal = (typeof wordsRefusals)[number];

export class WordsError extends Error {
  readonly code: WordsRefusal;
  constructor(code: WordsRefusal, sentence: string, options?: ErrorOptions) {
    super(sentence, options);
    this.name = 'WordsError';
    this.code = code;
  }
}
