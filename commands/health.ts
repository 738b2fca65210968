import { run } from "./shell";

/** One thing that was looked at. */
export interface Finding {
  readonly what: string;
  readonly ok: boolean;
  /** What is wrong, or what there is. */
  readonly detail: string;
}

/** Where a platform is reached. */
export interface Addresses {
  readonly prometheus: string;
  /** Nothing where Grafana is the engine of alerts. */
  readonly alertmanager?: string | undefined;
  readonly push?: string | undefined;
  readonly loki?: string | undefined;
  readonly grafana?: string | undefined;
  readonly jaeger?: string | undefined;
  /** OTLP over HTTP. */
  readonly otlp?: string | undefined;
}

interface Targets {
  readonly data: {
    readonly activeTargets: readonly {
      readonly labels: Readonly<Record<string, string>>;
      readonly health: string;
      readonly lastError: string;
    }[];
  };
}

interface Rules {
  readonly data: {
    readonly groups: readonly {
      readonly name: string;
      readonly rules: readonly {
        readonly name: string;
        readonly health: string;
        readonly lastError?: string;
      }[];
    }[];
  };
}

interface Alerts {
  readonly data: {
    readonly alerts: readonly {
      readonly labels: Readonly<Record<string, string>>;
      readonly state: string;
      readonly annotations: Readonly<Record<string, string>>;
    }[];
  };
}

async function get<T>(url: string): Promise<T> {
  const response = await fetch(url, { signal: AbortSignal.timeout(5000) });
  if (!response.ok) throw new Error(`${url} answered ${String(response.status)}`);
  return (await response.json()) as T;
}

function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}

async function look(
  what: string,
  read: () => Promise<readonly Finding[]>,
): Promise<readonly Finding[]> {
  try {
    return await read();
  } catch (error) {
    return [{ what, ok: false, detail: reason(error) }];
  }
}

/** Containers that must exist, run and be healthy; asked in one call, since each is a log-in on a remote engine. */
export async function containerFindings(
  names: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<readonly Finding[]> {
  if (names.length === 0) return [];
  const format =
    "{{.Name}} {{.State.Status}} {{if .State.Health}}{{.State.Health.Status}}{{else}}-{{end}}";
  // The exit code says that one is missing; those that are there are shown all the same.
  const { stdout } = await run("docker", ["inspect", "--format", format, ...names], { env });
  const seen = new Map(
    stdout.split("\n").map((line) => {
      const [name = "", status = "missing", health = "-"] = line.replace(/^\//, "").split(" ");
      return [name, { status, health }];
    }),
  );
  return names.map((name) => {
    const { status, health } = seen.get(name) ?? { status: "missing", health: "-" };
    return {
      what: `container ${name}`,
      ok: status === "running" && (health === "healthy" || health === "-"),
      detail: health === "-" ? status : `${status}, ${health}`,
    };
  });
}

/** Every target of Prometheus is up, and there is at least one. */
export function targetFindings(prometheus: string): Promise<readonly Finding[]> {
  return look("targets", async () => {
    const { data } = await get<Targets>(`${prometheus}/api/v1/targets?state=active`);
    const findings = data.activeTargets.map(({ labels, health, lastError }) => ({
      what: `target ${labels["job"] ?? "?"} ${labels["instance"] ?? "?"}`,
      ok: health === "up",
      detail: health === "up" ? "up" : `${health} ${lastError}`.trim(),
    }));
    return findings.length > 0 ? findings : [{ what: "targets", ok: false, detail: "none" }];
  });
}

/** Every rule was evaluated without error. */
export function ruleFindings(prometheus: string): Promise<readonly Finding[]> {
  return look("rules", async () => {
    const { data } = await get<Rules>(`${prometheus}/api/v1/rules`);
    const rules = data.groups.flatMap((group) =>
      group.rules.map((rule) => ({ group: group.name, ...rule })),
    );
    const bad = rules
      .filter(({ health }) => health !== "ok")
      .map(({ group, name, health, lastError }) => ({
        what: `rule ${group}/${name}`,
        ok: false,
        detail: `${health} ${lastError ?? ""}`.trim(),
      }));
    if (rules.length === 0) return [{ what: "rules", ok: false, detail: "none" }];
    if (bad.length > 0) return bad;
    return [{ what: "rules", ok: true, detail: `${String(rules.length)} evaluated without error` }];
  });
}

function readyFinding(what: string, url: string): Promise<readonly Finding[]> {
  return look(what, async () => {
    const { ok, status } = await fetch(url, { signal: AbortSignal.timeout(5000) });
    return [{ what, ok, detail: ok ? "ready" : `answered ${String(status)}` }];
  });
}

/** What answers by a page of its own where an environment has it. */
const pages = [
  { what: "alertmanager", of: "alertmanager", path: "/-/ready" },
  { what: "push proxy", of: "push", path: "/-/healthy" },
  { what: "loki", of: "loki", path: "/ready" },
  { what: "grafana", of: "grafana", path: "/api/health" },
  { what: "jaeger", of: "jaeger", path: "/" },
] as const;

/** Everything that must be true of a running platform. */
export async function platformFindings(
  containers: readonly string[],
  addresses: Addresses,
  env: Readonly<Record<string, string>>,
): Promise<readonly Finding[]> {
  const parts = await Promise.all([
    containerFindings(containers, env),
    ...pages.flatMap(({ what, of, path }) => {
      const address = addresses[of];
      return address === undefined ? [] : [readyFinding(what, `${address}${path}`)];
    }),
    targetFindings(addresses.prometheus),
    ruleFindings(addresses.prometheus),
  ]);
  return parts.flat();
}

/** Alerts that fire now, the watchdog left out, as one line each. */
export async function firingAlerts(prometheus: string): Promise<readonly string[]> {
  const { data } = await get<Alerts>(`${prometheus}/api/v1/alerts`);
  return data.alerts
    .filter(({ state, labels }) => state === "firing" && labels["heartbeat"] !== "true")
    .map(
      ({ labels, annotations }) =>
        `${labels["priority"] ?? ""} ${labels["alertname"] ?? "?"}: ${annotations["description"] ?? ""}`,
    );
}
