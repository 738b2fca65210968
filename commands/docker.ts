import { existsSync } from "node:fs";
import { delimiter } from "node:path";
import type { Environment } from "../stacks/environment";
import { DEFAULT_DOCKER_HOST } from "./engine";
import { CommandError } from "./shell";
import { hasHost, tunnelFiles } from "./workspace";

/**
 * Variables that make the Docker client talk to an environment's engine, whatever its context is.
 * @throws CommandError when the engine is on a host whose key this machine has not yet
 */
export function dockerVariables(environment: Environment): Record<string, string> {
  const { engine } = environment;
  if (engine.type === "local") {
    const here = process.env["DOCKER_HOST"] ?? "";
    return { DOCKER_HOST: here === "" ? DEFAULT_DOCKER_HOST : here };
  }
  const host = { DOCKER_HOST: `ssh://${engine.user}@${engine.address}:${engine.port}` };
  if (!hasHost(environment)) return host;
  const { sshConfig, bin } = tunnelFiles(environment.name);
  if (!existsSync(sshConfig)) {
    throw new CommandError(
      `${sshConfig} must be there, got nothing; npm run tunnel -- ${environment.name} makes it`,
    );
  }
  // The Docker client takes no options for ssh, but the first one on PATH.
  return { ...host, PATH: [bin, process.env["PATH"] ?? ""].join(delimiter) };
}
