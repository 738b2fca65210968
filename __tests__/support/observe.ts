import { DockerProvider } from "@cdktf/provider-docker/lib/provider";
import { TerraformStack, Testing } from "cdktf";
import { isAlert, type Alert, type RecordingRule } from "../../constructs/core/alert";
import type { Observation } from "../../constructs/core/observation";
import { Runtime } from "../../constructs/core/runtime";
import type { Source } from "../../constructs/core/source";
import { unescaped, type ContainerResource, type Synthesised } from "./synth-types";

/** What a source makes, alone in a stack. */
export interface Observed {
  readonly observations: readonly Observation[];
  /** Its container, where it runs one. */
  readonly container: ContainerResource | undefined;
  /** Rendered files by path in the container. */
  readonly files: Readonly<Record<string, string>>;
}

/** Builds a source alone. */
export function observe(source: Source): Observed {
  const stack = new TerraformStack(Testing.app(), "alone");
  new DockerProvider(stack, "docker");
  const runtime = new Runtime(stack, "runtime", {
    environment: "test",
    machine: { name: "test", memoryMiB: 4096, swapMiB: 0, diskGiB: 50 },
    secretsDirectory: "/secrets",
  });
  const observations = source
    .create({ scope: stack, id: source.id, runtime })
    .map(({ observation }) => observation);
  const { resource } = JSON.parse(Testing.synth(stack, true)) as Synthesised;
  const [container] = Object.values(resource.docker_container ?? {});
  return {
    observations,
    container,
    files: Object.fromEntries(
      (container?.upload ?? []).flatMap(({ file, content }) =>
        content === undefined ? [] : [[file, unescaped(content)]],
      ),
    ),
  };
}

/** The alerts of some observations. */
export function alertsIn(observations: readonly Observation[]): Alert[] {
  return observations.flatMap(({ rules }) => rules.flatMap((group) => group.rules.filter(isAlert)));
}

/** The recording rules of some observations. */
export function recordsIn(observations: readonly Observation[]): RecordingRule[] {
  return observations.flatMap(({ rules }) =>
    rules.flatMap((group) => group.rules.flatMap((rule) => (isAlert(rule) ? [] : [rule]))),
  );
}
