/**
 * What a command line is started with: its surroundings, as a value, so that one process can run
 * several and tests can look at what they say.
 */

export interface Cli {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Results, and nothing else. */
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
  /** Somebody can be asked: standard input and standard error are terminals. */
  readonly canAsk: boolean;
  /** Colours are wanted on standard output. */
  readonly hasColour: boolean;
  /** Lines of the standard input; undefined if nobody sends any. */
  readonly lines?: () => AsyncIterable<string>;
  /** Answers what a person is asked, where something stands for the person. */
  readonly answer?: (question: string, signal: AbortSignal) => Promise<string>;
  /** Ends what waits. The reason is the name of the signal, for example `SIGINT`. */
  readonly signal: AbortSignal;
}
