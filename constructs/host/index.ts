export { WireGuardAccess, type Outbound, type WireGuardAccessProps } from "./access";
export { Address, type AddressProps } from "./address";
export { DataVolume, type DataVolumeProps, type Snapshots } from "./data-volume";
export { FirstBoot, cloudConfig, type CloudConfigProps, type FirstBootProps } from "./first-boot";
export { Identity, type IdentityProps } from "./identity";
export { Instance, type InstanceProps } from "./instance";
export { Network, type NetworkProps } from "./network";
export { HostParameters, Peers, type PeersProps } from "./parameters";
export {
  hostFaults,
  hostSchema,
  machineOf,
  machineTypeOf,
  machineTypes,
  type Architecture,
  type Host,
  type HostInput,
  type MachineType,
  type NetworkSettings,
  type Peer,
  type SessionManager,
  type Tunnel,
} from "./schema";
