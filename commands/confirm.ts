import { createInterface } from "node:readline/promises";
import { CommandError } from "./shell";

/**
 * Asks a person to type the name of what is about to change.
 * @param what completes "… asks first"
 * @throws CommandError where there is no terminal to ask on
 */
export async function confirmed(name: string, what: string): Promise<boolean> {
  if (!process.stdin.isTTY) {
    throw new CommandError(`${what} asks first, and there is no terminal to ask on: add --yes`);
  }
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await terminal.question(`Type '${name}' to go on: `);
  terminal.close();
  return answer.trim() === name;
}
