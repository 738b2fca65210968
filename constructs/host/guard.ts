import type { IValidation } from "constructs";
import type { TerraformResource, TerraformStack } from "cdktf";
import { describeFault, show, type Fault } from "../core/errors";

/** What {@link HostGuard} watches over. */
export interface HostGuardProps {
  readonly securityGroup: TerraformResource;
  /** The only inbound rule of the security group. */
  readonly inbound: TerraformResource;
  /** UDP port of that rule. */
  readonly port: number;
  readonly networkInterface: TerraformResource;
  readonly instance: TerraformResource;
  /** Refuse any other inbound rule of the stack, too. */
  readonly strict: boolean;
}

type Block = Readonly<Record<string, unknown>>;

/** A resource as Terraform will read it, overrides included. */
interface Written {
  readonly type: string;
  /** For example `aws_instance.host_machine`. */
  readonly address: string;
  /** Where it stands among the constructs. */
  readonly path: string;
  readonly block: Block;
}

function isBlock(value: unknown): value is Block {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function blockOf(value: unknown): Block {
  return isBlock(value) ? value : {};
}

/** One block or a list of them. */
function blocksOf(value: unknown): readonly Block[] {
  return (Array.isArray(value) ? (value as unknown[]) : [value]).filter(isBlock);
}

function resourcesOf(stack: TerraformStack): Written[] {
  const { resource } = blockOf(stack.toTerraform());
  return Object.entries(blockOf(resource)).flatMap(([type, byId]) =>
    Object.entries(blockOf(byId)).map(([id, value]): Written => {
      const block = blockOf(value);
      const { path } = blockOf(blockOf(block["//"])["metadata"]);
      const address = `${type}.${id}`;
      return { type, address, path: typeof path === "string" ? path : address, block };
    }),
  );
}

function addressOf(resource: TerraformResource): string {
  return `${resource.terraformResourceType}.${resource.friendlyUniqueId}`;
}

/** Whether an expression, or any of a list, names a resource. */
function names(value: unknown, address: string): boolean {
  if (Array.isArray(value)) return value.some((one) => names(one, address));
  const pattern = new RegExp(`(?<![\\w.-])${address.replace(".", "\\.")}(?![\\w-])`);
  return typeof value === "string" && pattern.test(value);
}

function isRule({ type, block }: Written): boolean {
  return (
    type === "aws_vpc_security_group_ingress_rule" ||
    (type === "aws_security_group_rule" && block["type"] === "ingress")
  );
}

/** Rules inside a group: one block each, or `[]`. */
function hasInlineRules({ type, block }: Written): boolean {
  return (
    ["aws_security_group", "aws_default_security_group"].includes(type) &&
    blocksOf(block["ingress"]).length > 0
  );
}

function protocolAndPorts(block: Block): string {
  const protocol = block["ip_protocol"] ?? block["protocol"];
  const { from_port: from, to_port: to } = block;
  const shown = (value: unknown) =>
    typeof value === "string" || typeof value === "number" ? String(value) : "any";
  return `${shown(protocol)} ${from === to ? shown(from) : `${shown(from)} to ${shown(to)}`}`;
}

/**
 * Refuses at synth what would open the host or store its data in the clear: an inbound rule beside WireGuard's, another
 * security group on its interface, a disk that is not encrypted. It sees the whole stack as Terraform will, overrides
 * included, but not what is made elsewhere or named by a literal id.
 */
export class HostGuard implements IValidation {
  readonly #props: HostGuardProps;

  constructor(props: HostGuardProps) {
    this.#props = props;
  }

  validate(): string[] {
    const resources = resourcesOf(this.#props.securityGroup.cdktfStack);
    return [
      ...this.#inbound(resources),
      ...this.#interface(resources),
      ...this.#disks(resources),
    ].map(describeFault);
  }

  #inbound(resources: readonly Written[]): Fault[] {
    const { securityGroup, inbound, port, strict } = this.#props;
    const group = addressOf(securityGroup);
    const own = addressOf(inbound);
    const allowed = strict
      ? `left out: the stack has one inbound rule, UDP ${String(port)}`
      : `about another security group: the host's has one inbound rule, UDP ${String(port)}`;
    const repair = "let WireGuard peers reach what listens on the host's address in the tunnel";
    const further = resources.filter(
      (one) =>
        one.address !== own &&
        isRule(one) &&
        (strict || names(one.block["security_group_id"], group)),
    );
    const inline = resources.filter(
      (one) => hasInlineRules(one) && (strict || one.address === group),
    );
    const changed = resources.filter(
      ({ address, block }) => address === own && protocolAndPorts(block) !== `udp ${String(port)}`,
    );
    return [
      ...further.map(({ path, block }) => ({
        field: path,
        allowed,
        got: protocolAndPorts(block),
        repair,
      })),
      ...inline.map(({ path, block }) => ({
        field: `${path}.ingress`,
        allowed: "left out",
        got: blocksOf(block["ingress"]).map(protocolAndPorts).join(", "),
        repair,
      })),
      ...changed.map(({ path, block }) => ({
        field: path,
        allowed: `udp ${String(port)}`,
        got: protocolAndPorts(block),
      })),
    ];
  }

  #interface(resources: readonly Written[]): Fault[] {
    const group = addressOf(this.#props.securityGroup);
    const card = addressOf(this.#props.networkInterface);
    const machine = addressOf(this.#props.instance);
    return resources.flatMap(({ type, address, path, block }): Fault[] => {
      if (
        type === "aws_network_interface_sg_attachment" &&
        names(block["network_interface_id"], card)
      ) {
        return [
          {
            field: path,
            allowed: "about another network interface: the host's has one security group",
            got: "a further group for it",
          },
        ];
      }
      if (type === "aws_network_interface_attachment" && names(block["instance_id"], machine)) {
        return [
          {
            field: path,
            allowed: "about another instance: the host has one network interface",
            got: "a further interface for it",
          },
        ];
      }
      if (address !== card) return [];
      const groups = block["security_groups"];
      if (Array.isArray(groups) && groups.length === 1 && names(groups, group)) return [];
      return [
        {
          field: `${path}.security_groups`,
          allowed: "the host's own group and no other",
          got: "a further group",
        },
      ];
    });
  }

  #disks(resources: readonly Written[]): Fault[] {
    const machine = addressOf(this.#props.instance);
    const open = (field: string, block: Block): Fault[] =>
      block["encrypted"] === true
        ? []
        : [{ field: `${field}.encrypted`, allowed: "true", got: show(block["encrypted"]) }];
    const volumes = resources.filter(({ type }) => type === "aws_ebs_volume");
    return resources.flatMap(({ type, address, path, block }): Fault[] => {
      if (type === "aws_ebs_volume") return open(path, block);
      if (address === machine) {
        return [
          ...open(`${path}.root_block_device`, blocksOf(block["root_block_device"])[0] ?? {}),
          ...blocksOf(block["ebs_block_device"]).flatMap((one, i) =>
            open(`${path}.ebs_block_device[${String(i)}]`, one),
          ),
        ];
      }
      const here = volumes.some((volume) => names(block["volume_id"], volume.address));
      if (type !== "aws_volume_attachment" || here || !names(block["instance_id"], machine)) {
        return [];
      }
      return [
        {
          field: `${path}.volume_id`,
          allowed: "an encrypted 'aws_ebs_volume' of this stack",
          got: show(block["volume_id"]),
        },
      ];
    });
  }
}
