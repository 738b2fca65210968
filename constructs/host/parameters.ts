import { Construct } from "constructs";
import { SsmParameter } from "@cdktf/provider-aws/lib/ssm-parameter";
import type { Peer } from "./schema";

/** Names of an environment's parameters in Systems Manager. */
export class HostParameters {
  /** Everything the host may read. */
  readonly root: string;
  /** One parameter per peer. */
  readonly peers: string;
  /** The host's public WireGuard key; the host itself makes and writes it. */
  readonly publicKey: string;

  constructor(environment: string) {
    this.root = `/l2-observatory/${environment}`;
    this.peers = `${this.root}/host/peers`;
    this.publicKey = `${this.root}/host/wireguard-public-key`;
  }
}

/** Props of {@link Peers}. */
export interface PeersProps {
  readonly parameters: HostParameters;
  readonly peers: readonly Peer[];
}

/** The WireGuard peers as parameters, which a timer on the host applies without replacing it. Public keys only. */
export class Peers extends Construct {
  constructor(scope: Construct, id: string, props: PeersProps) {
    super(scope, id);
    for (const { name, publicKey, address, allowed } of props.peers) {
      new SsmParameter(this, name, {
        name: `${props.parameters.peers}/${name}`,
        description: "WireGuard peer: public key, address, TCP ports",
        type: "String",
        value: [publicKey, address, allowed?.join(",") ?? "all"].join(" "),
      });
    }
  }
}
