import type { Environment } from "../stacks/environment";
import { DEFAULT_DOCKER_HOST } from "./engine";

/**
 * Variables that make the Docker client talk to an environment's engine, whatever its context is.
 */
export function dockerVariables({ engine }: Pick<Environment, "engine">): Record<string, string> {
  const here = process.env["DOCKER_HOST"] ?? "";
  return {
    DOCKER_HOST:
      engine.type === "ssh"
        ? `ssh://${engine.user}@${engine.address}:${engine.port}`
        : here === ""
          ? DEFAULT_DOCKER_HOST
          : here,
  };
}
