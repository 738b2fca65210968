/** Counts what was shown, says how long each took, and goes on after a failure so that one run tells everything. */
export class Steps {
  readonly #began = Date.now();
  #passed = 0;
  #failed = 0;
  readonly #skipped = new Set<string>();
  readonly #broken = new Set<string>();

  /**
   * Runs one step.
   * @param needs names of steps without which this one says nothing; it fails at once when one of them did, and is
   * skipped when one of them was
   */
  async step(
    name: string,
    body: () => Promise<string | undefined>,
    needs: readonly string[] = [],
  ): Promise<void> {
    const began = Date.now();
    const skipped = needs.find((need) => this.#skipped.has(need));
    if (skipped !== undefined) {
      this.skip(name, `it needs '${skipped}'`);
      return;
    }
    const missing = needs.find((need) => this.#broken.has(need));
    try {
      if (missing !== undefined) throw new Error(`not tried: it needs '${missing}', which failed`);
      const figure = await body();
      this.#passed += 1;
      print(`✓ ${name} (${seconds(began)})${figure === undefined ? "" : `: ${figure}`}`);
    } catch (error) {
      this.#failed += 1;
      this.#broken.add(name);
      const words = error instanceof Error ? error.message : String(error);
      print(`✗ ${name} (${seconds(began)})\n    ${words.split("\n").join("\n    ")}`);
    }
  }

  /**
   * Says that a step cannot be run on this machine. It counts neither as passed nor as failed, and the end of the run tells it again.
   * @param reason what is missing, and how to get it
   */
  skip(name: string, reason: string): void {
    this.#skipped.add(name);
    print(`- ${name}: SKIPPED: ${reason}`);
  }

  /** Prints the closing line. @returns whether nothing failed */
  close(): boolean {
    print(`end to end in ${seconds(this.#began)}`);
    if (this.#skipped.size > 0) {
      print(`${String(this.#skipped.size)} skipped: ${[...this.#skipped].join("; ")}`);
    }
    print(`${String(this.#passed)} passed, ${String(this.#failed)} failed`);
    return this.#failed === 0;
  }
}

function seconds(since: number): string {
  return `${((Date.now() - since) / 1000).toFixed(1)} s`;
}

/** Prints one line. */
export function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Fails the step unless something holds. */
export function expect(holds: boolean, otherwise: string): void {
  if (!holds) throw new Error(otherwise);
}

/** Asks again until an answer fits. @throws Error with the last answer when `seconds` have passed */
export async function eventually<T>(
  what: string,
  seconds: number,
  ask: () => Promise<T>,
  fits: (answer: T) => boolean,
): Promise<T> {
  const until = Date.now() + seconds * 1000;
  for (;;) {
    let last: string;
    try {
      const answer = await ask();
      if (fits(answer)) return answer;
      last = JSON.stringify(answer);
    } catch (error) {
      last = error instanceof Error ? error.message : String(error);
    }
    if (Date.now() > until)
      throw new Error(`${what}: not within ${String(seconds)} s, last: ${last}`);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

/** Ends the process with what `run` says: 0 when everything passed, else 1; an error counts as a failed step. */
export function exitAfter(run: Promise<boolean>): void {
  run.then(
    (passed) => {
      process.exitCode = passed ? 0 : 1;
    },
    (error: unknown) => {
      print(error instanceof Error ? (error.stack ?? error.message) : String(error));
      print("0 passed, 1 failed");
      process.exitCode = 1;
    },
  );
}
