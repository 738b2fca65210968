import { blackboxExporter } from "../constructs/exporters/blackbox-exporter";
import type { EnvironmentInput } from "../stacks/environment";

/** This machine's Docker Engine: no cloud, no account, no secret to type. */
export const local: EnvironmentInput = {
  name: "local",
  engine: { type: "local" },
  // The budget of the smallest production host, so that what runs here runs there.
  machine: { name: "t4g.small", memoryMiB: 2048, swapMiB: 1024, diskGiB: 20 },
  sources: [blackboxExporter({})],
};
