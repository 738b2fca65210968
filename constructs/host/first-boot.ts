import { readFileSync } from "node:fs";
import { Construct } from "constructs";
import { Fn, TerraformLocal, Token } from "cdktf";
import { stringify } from "yaml";
import { terraformLiteral } from "../core/config-file";
import { assetPath } from "../core/paths";
import { prefixOf } from "./ipv4";
import type { HostParameters } from "./parameters";
import { machineTypeOf, type Host } from "./schema";

/** Where the data volume is mounted; Docker's data and the tunnel's identity are below it. */
export const dataMount = "/data";

const library = "/usr/local/lib/l2-observatory";

interface HostFile {
  readonly path: string;
  /** Below assets/host. */
  readonly asset: string;
  /** @default "0644" */
  readonly permissions?: string;
}

/** In the order in which they run. */
const parts = [
  "10-session-manager",
  "20-aws-cli",
  "30-swap",
  "40-data-volume",
  "50-firewall",
  "60-wireguard",
  "70-secrets",
  "80-docker",
  "85-deploy-user",
  "90-security-updates",
] as const;

function script(name: string): HostFile {
  return { path: `${library}/${name}`, asset: `cloud-init/${name}`, permissions: "0755" };
}

const updates: Readonly<Record<Host["operatingSystem"], HostFile>> = {
  "debian-12": {
    path: "/etc/apt/apt.conf.d/52l2-observatory",
    asset: "updates/debian-12.conf",
  },
  "amazon-linux-2023": {
    path: "/etc/dnf/automatic.conf",
    asset: "updates/amazon-linux-2023.conf",
  },
};

function filesOf(host: Host): HostFile[] {
  const unit = (name: string) => ({
    path: `/etc/systemd/system/${name}`,
    asset: `systemd/${name}`,
  });
  const dropIn = (of: string, asset: string) => ({
    path: `/etc/systemd/system/${of}.d/l2-observatory.conf`,
    asset: `systemd/${asset}`,
  });
  return [
    { path: `${library}/common.sh`, asset: "cloud-init/common.sh" },
    script("first-boot.sh"),
    script("apply-access.sh"),
    script("fetch-secrets.sh"),
    script("grow-data-volume.sh"),
    ...parts.map((part) => script(`${part}.sh`)),
    { path: "/etc/l2-observatory/firewall.nft", asset: "firewall/firewall.nft" },
    { path: "/etc/sysctl.d/60-l2-observatory.conf", asset: "sysctl.conf" },
    { path: "/etc/docker/daemon.json", asset: "docker/daemon.json" },
    unit("l2-observatory-firewall.service"),
    unit("l2-observatory-first-boot.service"),
    unit("l2-observatory-first-boot.timer"),
    unit("l2-observatory-access.service"),
    unit("l2-observatory-access.timer"),
    unit("l2-observatory-secrets.service"),
    unit("l2-observatory-secrets.timer"),
    dropIn("docker.service", "docker.conf"),
    dropIn("wg-quick@wg0.service", "wg-quick.conf"),
    updates[host.operatingSystem],
  ];
}

/** Props of {@link cloudConfig}. */
export interface CloudConfigProps {
  readonly host: Host;
  readonly parameters: HostParameters;
  /** Path of the data volume's block device. */
  readonly dataDevice: string;
  /** Absolute folder for the files of secrets, in letters, digits and `_.+-`. */
  readonly secretsDirectory: string;
}

function settings({ host, parameters, dataDevice, secretsDirectory }: CloudConfigProps): string {
  const { tunnel } = host;
  const agent = host.sessionManager ?? { type: "image" };
  return Object.entries({
    OPERATING_SYSTEM: host.operatingSystem,
    ARCHITECTURE: machineTypeOf(host).architecture,
    REGION: host.region,
    SESSION_MANAGER: agent.type,
    ...(agent.type === "package"
      ? { SSM_AGENT_VERSION: agent.version, SSM_AGENT_SHA256: agent.sha256 }
      : {}),
    SWAP_MIB: host.swapMiB,
    DATA_DEVICE: dataDevice,
    DATA_MOUNT: dataMount,
    TUNNEL_ADDRESS: tunnel.address,
    TUNNEL_PREFIX: prefixOf(tunnel.cidr),
    TUNNEL_PORT: tunnel.port,
    PARAMETERS: parameters.root,
    SECRETS_DIRECTORY: secretsDirectory,
    CONTAINERS_REACH_METADATA: host.containersReachMetadata ? "yes" : "no",
  })
    .map(([name, value]) => `${name}=${String(value)}\n`)
    .join("");
}

/** What cloud-init does at first boot: writes the files of assets/host and runs the parts. Plain text, the same on every machine. */
export function cloudConfig(props: CloudConfigProps): string {
  const config = {
    write_files: [
      { path: "/etc/l2-observatory/host.env", permissions: "0644", content: settings(props) },
      ...filesOf(props.host).map(({ path, asset, permissions = "0644" }) => ({
        path,
        permissions,
        content: readFileSync(assetPath(`host/${asset}`), "utf8"),
      })),
    ],
    runcmd: [[`${library}/first-boot.sh`]],
  };
  return `#cloud-config\n${stringify(config, { lineWidth: 0, blockQuote: "literal" })}`;
}

/** Props of {@link FirstBoot}. */
export interface FirstBootProps extends Omit<CloudConfigProps, "dataDevice"> {
  /** Id of the data volume, by which the host finds its disk. */
  readonly dataVolumeId: string;
}

const deviceMark = "<data-device>";

/** The user data of the host. */
export class FirstBoot extends Construct {
  /** Gzip-compressed, in base64. */
  readonly userDataBase64: string;

  constructor(scope: Construct, id: string, props: FirstBootProps) {
    super(scope, id);
    const { dataVolumeId, ...rest } = props;
    const text = cloudConfig({ ...rest, dataDevice: deviceMark });
    // The Nitro system names a disk after its id without the hyphen.
    const serial = Fn.replace(dataVolumeId, "-", "");
    const device = `/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_${serial}`;
    const local = new TerraformLocal(
      this,
      "user-data",
      terraformLiteral(text).replaceAll(deviceMark, () => device),
    );
    // Compressed by Terraform, not here: the bytes must not depend on this Node's zlib.
    this.userDataBase64 = Token.asString(Fn.base64gzip(local.asString));
  }
}
