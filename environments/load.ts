import { resolve } from "node:path";
import type { EnvironmentInput } from "../stacks/environment";
import { ConfigurationError, show } from "../constructs/core/errors";

/** Environments by name; a function each, so that a fault in one does not stop another. */
export type Environments = Readonly<Record<string, (withDemo: boolean) => EnvironmentInput>>;

/**
 * The environments of this run: those of the module that `L2O_ENVIRONMENTS_MODULE` names (compiled, exporting
 * `environments`), or this package's own.
 * @throws ConfigurationError when the module cannot be read or exports none
 */
export function loadEnvironments(
  file: string | undefined = process.env["L2O_ENVIRONMENTS_MODULE"],
): Environments {
  const fault = (got: string) =>
    new ConfigurationError("the process environment", [
      {
        field: "L2O_ENVIRONMENTS_MODULE",
        allowed: "a compiled module that exports 'environments'",
        got,
      },
    ]);
  const path = file === undefined ? "./index" : resolve(file);
  let loaded: unknown;
  try {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- the path is known only now, and the package is CommonJS
    loaded = require(path);
  } catch (error) {
    throw fault(`${show(file ?? "environments/index")} (${String(error).split("\n")[0] ?? ""})`);
  }
  if (
    typeof loaded !== "object" ||
    loaded === null ||
    !("environments" in loaded) ||
    typeof loaded.environments !== "object" ||
    loaded.environments === null
  ) {
    throw fault(show(file));
  }
  return loaded.environments as Environments;
}
