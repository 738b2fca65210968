import { createHash } from "node:crypto";
import { join } from "node:path";
import { packageRoot } from "../../constructs/core/paths";
import { expectFiles } from "../support/native-snapshot";
import { built, unescaped, type ContainerResource, type Synthesised } from "../support/synth";

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

/** A container whose uploads are their paths and hashes; what a bundled program weighs is not part of the picture. */
function picture(container: ContainerResource): object {
  const bundled = container.upload?.some(({ source }) => source !== undefined) ?? false;
  return {
    ...container,
    ...(container.upload === undefined
      ? {}
      : {
          upload: container.upload.map(({ file, permissions, content }) => ({
            file,
            permissions,
            sha256: content === undefined ? "<bundled program>" : sha256(unescaped(content)),
          })),
        }),
    labels: container.labels?.map((one) =>
      bundled && one.label === "l2-observatory.definition"
        ? { ...one, value: "<depends on the bundled program>" }
        : one,
    ),
  };
}

function stackFile(stack: Synthesised): string {
  const containers = Object.entries(stack.resource.docker_container ?? {});
  return `${JSON.stringify(
    {
      ...stack,
      "//": undefined,
      resource: {
        ...stack.resource,
        ...(containers.length === 0
          ? {}
          : {
              docker_container: Object.fromEntries(
                containers.map(([id, container]) => [id, picture(container)]),
              ),
            }),
      },
    },
    null,
    2,
  )}\n`;
}

/** Nobody reviews Grafana's model of a dashboard: its hash says that it changed, its dashboard.ts what. */
const generated = "/etc/grafana/dashboards/";

function renderedFiles(stack: Synthesised): [string, string][] {
  return Object.values(stack.resource.docker_container ?? {}).flatMap((container) =>
    (container.upload ?? []).flatMap(({ file, content }): [string, string][] =>
      content === undefined || file.startsWith(generated)
        ? []
        : [[`${container.hostname}${file}`, unescaped(content)]],
    ),
  );
}

describe.each(built)("environment $name", ({ name, stacks }) => {
  test("is synthesised as the files beside this test say", () => {
    expectFiles(
      join(packageRoot, "__tests__", "snapshots", "__snapshots__", name),
      Object.fromEntries<string>(
        Object.entries(stacks).flatMap(([id, stack]): [string, string][] => [
          ...renderedFiles(stack).map(([path, content]): [string, string] => [
            `${id}/${path}`,
            content,
          ]),
          // Last: what differs in a file is seen there, not as a hash.
          [`${id}.json`, stackFile(stack)],
        ]),
      ),
    );
  });

  test("holds no path of this machine", () => {
    const text = JSON.stringify(stacks);
    expect([packageRoot, "l2o-synth-"].filter((path) => text.includes(path))).toEqual([]);
  });
});
