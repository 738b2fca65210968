export { WireGuardAccess, type Outbound, type WireGuardAccessProps } from "./access";
export { Address, type AddressProps } from "./address";
export {
  CostError,
  assertCost,
  estimateMonthlyCost,
  formatCost,
  type CostEstimate,
  type CostLine,
} from "./cost";
export { DataVolume, type DataVolumeProps, type Snapshots } from "./data-volume";
export { FirstBoot, cloudConfig, type CloudConfigProps, type FirstBootProps } from "./first-boot";
export { HostGuard, type HostGuardProps } from "./guard";
export { Identity, type IdentityProps } from "./identity";
export { Instance, type InstanceProps } from "./instance";
export { MonitoringHost, type MonitoringHostProps } from "./monitoring-host";
export { Network, type NetworkProps } from "./network";
export { HostParameters, LiveSettings, type LiveSettingsProps } from "./parameters";
export { pricesAsOf, unitPricesOf, type UnitPrices } from "./prices";
export {
  defaultSecretsDirectory,
  deployUser,
  hostFaults,
  hostSchema,
  machineOf,
  machineTypeOf,
  machineTypes,
  secretsDirectoryFaults,
  type Architecture,
  type DeployKey,
  type Host,
  type HostInput,
  type MachineType,
  type NetworkSettings,
  type Peer,
  type SessionManager,
  type Tunnel,
} from "./schema";
export { Tagged } from "./tags";
