import { demo } from "./demo";
import type { Environments } from "./load";
import { local } from "./local";
import { production } from "./production";

/** Every environment of this repository. */
export const environments: Environments = {
  local: (withDemo) => (withDemo ? demo : local),
  production: () => production,
};
