import { Construct } from "constructs";
import type { ITerraformDependable } from "cdktf";
import { SsmParameter } from "@cdktf/provider-aws/lib/ssm-parameter";
import type { DeployKey, Tunnel } from "./schema";
import { withoutComment } from "./ssh-key";

/** Names of an environment's parameters in Systems Manager. */
export class HostParameters {
  /** Everything the host may read. */
  readonly root: string;
  /** Folder with one parameter per peer: `<public key> <address> <all, or TCP ports with commas>`. */
  readonly peers: string;
  /** Folder with one parameter per deploy key: `<type> <key>`. */
  readonly deployKeys: string;
  /** UDP port of the tunnel. */
  readonly tunnelPort: string;
  /** Where peers reach the tunnel: `<public address>:<port>`. */
  readonly endpoint: string;
  /** The host's public WireGuard key; the host itself makes and writes it. */
  readonly publicKey: string;
  /** The host's public SSH key, `<type> <key>`; the host itself makes and writes it. */
  readonly sshHostKey: string;
  /** How far first boot is: `<running|ready|failed> <instance id> <UTC time> <detail>`; written by the host. */
  readonly firstBoot: string;
  /** Folder with one SecureString per secret: `<service>/<secret>`. */
  readonly secrets: string;

  /** @param environment name of the environment */
  constructor(environment: string) {
    this.root = `/l2-observatory/${environment}`;
    const host = `${this.root}/host`;
    this.peers = `${host}/peers`;
    this.deployKeys = `${host}/deploy-keys`;
    this.tunnelPort = `${host}/tunnel-port`;
    this.endpoint = `${host}/endpoint`;
    this.publicKey = `${host}/wireguard-public-key`;
    this.sshHostKey = `${host}/ssh-host-key`;
    this.firstBoot = `${host}/first-boot`;
    this.secrets = `${this.root}/secrets`;
  }

  /** The parameters that the host itself writes. */
  get writtenByHost(): readonly string[] {
    return [this.publicKey, this.sshHostKey, this.firstBoot];
  }
}

/** A peer's TCP ports in the form that the host's script reads. */
function portsOf(allowed: readonly number[] | undefined): string {
  if (allowed === undefined) return "all";
  return allowed.length === 0 ? "none" : allowed.join(",");
}

/** Props of {@link LiveSettings}. */
export interface LiveSettingsProps {
  readonly parameters: HostParameters;
  readonly tunnel: Tunnel;
  readonly deployKeys: readonly DeployKey[];
  /** Where peers reach the tunnel. */
  readonly endpoint: string;
}

/**
 * Peers, deploy keys and the tunnel's port as parameters, which a timer on the host applies without replacing it. Public
 * keys only.
 */
export class LiveSettings extends Construct {
  /** What must be there before the host asks for it. */
  readonly ready: readonly ITerraformDependable[];

  constructor(scope: Construct, id: string, props: LiveSettingsProps) {
    super(scope, id);
    const { parameters, tunnel, deployKeys, endpoint } = props;
    const parameter = (key: string, name: string, description: string, value: string) =>
      new SsmParameter(this, key, { name, description, type: "String", value });
    this.ready = [
      parameter(
        "tunnel-port",
        parameters.tunnelPort,
        "UDP port of the tunnel",
        String(tunnel.port),
      ),
      parameter("endpoint", parameters.endpoint, "Where peers reach the tunnel", endpoint),
      ...tunnel.peers.map(({ name, publicKey, address, allowed }) =>
        parameter(
          `peer-${name}`,
          `${parameters.peers}/${name}`,
          "WireGuard peer: public key, address, TCP ports",
          [publicKey, address, portsOf(allowed)].join(" "),
        ),
      ),
      ...deployKeys.map(({ name, publicKey }) =>
        parameter(
          `deploy-key-${name}`,
          `${parameters.deployKeys}/${name}`,
          "SSH public key of who may deploy",
          withoutComment(publicKey),
        ),
      ),
    ];
  }
}
