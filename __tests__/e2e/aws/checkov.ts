import { readFileSync } from "node:fs";
import { join } from "node:path";
import { EbsVolume } from "@cdktf/provider-aws/lib/ebs-volume";
import { AwsProvider } from "@cdktf/provider-aws/lib/provider";
import { VpcSecurityGroupIngressRule } from "@cdktf/provider-aws/lib/vpc-security-group-ingress-rule";
import { App, LocalBackend, TerraformStack } from "cdktf";
import { parse } from "yaml";
import { z } from "zod";
import { run } from "../../../commands/shell";
import { packageRoot } from "../../../constructs/core/paths";
import { MonitoringHost, type HostInput } from "../../../constructs/host";
import { production } from "../../../environments/production";
import { parseEnvironment } from "../../../stacks/environment";
import { HostStack } from "../../../stacks/host-stack";
import { expect, print, type Steps } from "../../../tools/rig/steps";
import { providePython } from "../../../tools/rig/python";
import { rigPeers, rigRegion } from "./environments";

/** Version of the scanner: a newer one has other checks. */
const checkovVersion = "3.3.30";

const suppressionsFile = join("__tests__", "e2e", "aws", "checkov-suppressions.yaml");

const suppressionSchema = z.strictObject({
  check: z.string().regex(/^CKV2?_AWS_\d+$/),
  resources: z.string().min(1),
  /** A sentence, not a word. */
  reason: z.string().min(40),
});

type Suppression = z.output<typeof suppressionSchema>;

interface Finding {
  readonly stack: string;
  readonly check_id: string;
  readonly check_name: string;
  readonly resource: string;
}

interface Report {
  readonly results: { readonly failed_checks: readonly Finding[] };
  readonly summary: {
    readonly passed: number;
    readonly parsing_errors: number;
    readonly checkov_version: string;
  };
}

/**
 * Reads suppressions from YAML.
 * @throws ZodError when one has no reason
 */
export function parseSuppressions(text: string): readonly Suppression[] {
  return z.array(suppressionSchema).parse(parse(text));
}

/** The suppressions of this repository. */
export function readSuppressions(): readonly Suppression[] {
  return parseSuppressions(readFileSync(join(packageRoot, suppressionsFile), "utf8"));
}

function covers({ check, resources }: Suppression, finding: Finding): boolean {
  return check === finding.check_id && new RegExp(resources).test(finding.resource);
}

/** Findings that no suppression covers, and suppressions that cover none. */
export function judge(
  findings: readonly Finding[],
  suppressions: readonly Suppression[],
): { readonly open: readonly Finding[]; readonly idle: readonly Suppression[] } {
  return {
    open: findings.filter((finding) => !suppressions.some((one) => covers(one, finding))),
    idle: suppressions.filter((one) => !findings.some((finding) => covers(one, finding))),
  };
}

/** A stack of a consumer: MonitoringHost in it, with a provider and a backend of their own. */
function consumer(app: App, id: string, host: HostInput): void {
  const stack = new TerraformStack(app, id);
  new LocalBackend(stack, { path: `${id}.tfstate` });
  new AwsProvider(stack, "aws", { region: host.region });
  new MonitoringHost(stack, "monitoring-host", { environment: id, host });
}

const hosts: Readonly<Record<string, HostInput>> = {
  "existing-vpc": {
    region: rigRegion,
    operatingSystem: "amazon-linux-2023",
    imageId: "ami-0fa4e0fa4e0fa4e00",
    imageArchitecture: "arm64",
    network: {
      type: "existing",
      vpcId: "vpc-0fa4e0fa4e0fa4e00",
      subnetId: "subnet-0fa4e0fa4e0fa4e00",
      cidr: "172.31.0.0/16",
    },
    tunnel: { peers: rigPeers },
  },
  "flow-logs": {
    region: rigRegion,
    operatingSystem: "amazon-linux-2023",
    containersReachMetadata: true,
    network: { type: "own", flowLogs: {} },
    tunnel: { peers: rigPeers },
  },
};

/** What checkov must refuse, by the checks that do: a scan that finds nothing here looks at nothing. */
const bites = ["CKV_AWS_3", "CKV_AWS_24"];

function synthesise(outdir: string): readonly string[] {
  const app = new App({ outdir });
  const { host, backend, name } = parseEnvironment(production);
  if (host === undefined) throw new Error("the environment production has no host");
  new HostStack(app, `${name}-host`, { environment: name, host, backend });
  for (const [id, input] of Object.entries(hosts)) consumer(app, id, input);
  const open = new TerraformStack(app, "open");
  new LocalBackend(open, { path: "open.tfstate" });
  new AwsProvider(open, "aws", { region: rigRegion });
  new EbsVolume(open, "disk", { availabilityZone: `${rigRegion}a`, size: 8, encrypted: false });
  new VpcSecurityGroupIngressRule(open, "ssh", {
    securityGroupId: "sg-0fa4e0fa4e0fa4e00",
    description: "open",
    ipProtocol: "tcp",
    fromPort: 22,
    toPort: 22,
    cidrIpv4: "0.0.0.0/0",
  });
  app.synth();
  return [`${name}-host`, ...Object.keys(hosts)];
}

async function scan(python: string, outdir: string, stack: string): Promise<Report> {
  const { stdout, stderr } = await run(
    python,
    [
      "-m",
      "checkov.main",
      `--directory=${join(outdir, "stacks", stack)}`,
      "--framework=terraform_json",
      "--skip-download",
      "--compact",
      "--output=json",
    ],
    { env: { LOG_LEVEL: "ERROR" } },
  );
  try {
    return JSON.parse(stdout) as Report;
  } catch (error) {
    throw new Error(`checkov did not answer for ${stack}: ${stdout}${stderr}`, { cause: error });
  }
}

/**
 * Scans the host's stack as this product and as consumers synthesise it with checkov.
 * @param work folder for this run
 */
export async function checkovOnHost(steps: Steps, work: string): Promise<void> {
  await steps.step("checkov finds nothing that is not suppressed with a reason", async () => {
    const suppressions = readSuppressions();
    const python = await providePython({
      packages: [`checkov==${checkovVersion}`],
      progress: print,
    });
    const stacks = synthesise(work);
    const findings: Finding[] = [];
    let passed = 0;
    for (const stack of stacks) {
      const { results, summary } = await scan(python, work, stack);
      expect(summary.parsing_errors === 0, `checkov could not read ${stack}`);
      passed += summary.passed;
      findings.push(...results.failed_checks.map((one) => ({ ...one, stack })));
    }
    const { open, idle } = judge(findings, suppressions);
    const said = open.map(
      (one) => `${one.check_id} ${one.check_name}: ${one.resource} in ${one.stack}`,
    );
    expect(open.length === 0, `${String(open.length)} failed:\n${said.join("\n")}`);
    expect(
      idle.length === 0,
      `${suppressionsFile}: no longer needed: ${idle.map(({ check }) => check).join(", ")}`,
    );
    const bitten = (await scan(python, work, "open")).results.failed_checks;
    const missed = bites.filter((check) => !bitten.some((one) => one.check_id === check));
    expect(missed.length === 0, `an open stack passed ${missed.join(", ")}`);
    return `${String(stacks.length)} stacks: ${String(passed)} checks passed, 0 failed, ${String(findings.length)} findings under ${String(suppressions.length)} suppressions; an open stack fails ${bites.join(" and ")}`;
  });
}
