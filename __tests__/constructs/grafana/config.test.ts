import { join } from "node:path";
import { parse, stringify } from "yaml";
import { Grafana } from "../../../constructs/grafana";
import { dashboardsFile, provisioned } from "../../../constructs/grafana/config";
import { datasourcesOf } from "../../../constructs/grafana/datasources";
import { expectFiles } from "../../support/native-snapshot";
import { asTerraformReads, synthesise, type Synthesised } from "../core/synthesised";
import { asGrafanaReads, datasourcesSchema, providersSchema } from "./provisioning";
import { metricsOnly, stores } from "./stores";

const path = "/etc/grafana/provisioning/datasources/datasources.yaml";
const kinds = ["tempo", "jaeger"] as const;

function synthesised(kind: (typeof kinds)[number]): Synthesised {
  return synthesise((stack, runtime) => {
    new Grafana(stack, "grafana", { runtime, ...stores(kind) });
  });
}

/** Every string, by its path; datasources by their uid. */
function strings(value: unknown, at = ""): [string, string][] {
  if (typeof value === "string") return [[at, value]];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const uid: unknown = (inner as { uid?: unknown } | null)?.uid;
    const name = typeof uid === "string" ? uid : key;
    return strings(inner, at === "" ? name : `${at}.${name}`);
  });
}

function rawFile(stack: Synthesised): string {
  const upload = stack.container("grafana").upload?.find(({ file }) => file === path);
  return upload?.content ?? "";
}

/** What becomes of every string with a dollar on its way to the page. */
function escapes(kind: (typeof kinds)[number]): object {
  const stack = synthesised(kind);
  const raw = rawFile(stack);
  const inTerraform = new Map(strings((parse(raw) as { datasources: unknown }).datasources));
  const inContainer = new Map(
    strings((parse(asTerraformReads(raw)) as { datasources: unknown }).datasources),
  );
  return Object.fromEntries(
    strings(datasourcesOf(stores(kind)))
      .filter(([, meant]) => meant.includes("$"))
      .map(([at, meant]) => {
        const written = inContainer.get(at) ?? "";
        return [
          at,
          {
            "1 meant for the page": meant,
            "2 in Terraform's JSON": inTerraform.get(at),
            "3 in the container, as Terraform read it": written,
            "4 on the page, as Grafana read it": asGrafanaReads(written),
          },
        ];
      }),
  );
}

describe("a provisioned value", () => {
  it.each([
    ["${__value.raw}", "$${__value.raw}"],
    ["{${__tags}}", "{$${__tags}}"],
    ["$__rate_interval", "$$__rate_interval"],
    ["^trace$", "^trace$$"],
    ["$$ and $$$", "$$$$ and $$$$$$"],
    ["$__file{/etc/passwd} $HOME ${HOME}", "$$__file{/etc/passwd} $$HOME $${HOME}"],
  ])("writes %s so that Grafana's environment is not asked", (meant, written) => {
    expect(provisioned(meant)).toBe(written);
    expect(asGrafanaReads(written, { HOME: "/root", __value: "wrong" })).toBe(meant);
  });

  it("reaches strings in lists and objects, leaves keys, numbers and truth values", () => {
    expect(provisioned({ $key: ["$a", { b: "$c" }], n: 1, t: true, none: null })).toEqual({
      $key: ["$$a", { b: "$$c" }],
      n: 1,
      t: true,
      none: null,
    });
  });

  it("would be lost without the escape", () => {
    expect(asGrafanaReads("${__value.raw}")).toBe("");
    expect(asGrafanaReads("{${__tags}}")).toBe("{}");
  });
});

describe("the datasources' file", () => {
  it("is what the golden files say, with every step of every escape", () => {
    expectFiles(
      join(__dirname, "__snapshots__"),
      Object.fromEntries(
        kinds.flatMap((kind) => [
          [`${kind}/datasources.yaml`, asTerraformReads(rawFile(synthesised(kind)))],
          [`${kind}/escapes.yaml`, stringify(escapes(kind), { lineWidth: 0 })],
        ]),
      ),
    );
  });

  it.each(kinds)("means on the page of %s what was meant", (kind) => {
    const steps = Object.values(escapes(kind)) as Record<string, string>[];
    expect(steps.length).toBeGreaterThan(5);
    for (const step of steps) {
      expect(step["4 on the page, as Grafana read it"]).toBe(step["1 meant for the page"]);
    }
  });

  it.each(kinds)("has only fields that Grafana reads, with %s", (kind) => {
    const file = synthesised(kind).yaml("grafana", path);
    expect(datasourcesSchema.parse(file)).toEqual(file);
  });

  it("has only fields that Grafana reads, with metrics alone", () => {
    const stack = synthesise((scope, runtime) => {
      new Grafana(scope, "grafana", { runtime, ...metricsOnly });
    });
    const { datasources } = datasourcesSchema.parse(stack.yaml("grafana", path));
    expect(datasources.map(({ uid }) => uid)).toEqual(["prometheus"]);
  });
});

test("the dashboards' file has only fields that Grafana reads", () => {
  const file: unknown = parse(dashboardsFile().content);
  expect(providersSchema.parse(file)).toEqual(file);
});
