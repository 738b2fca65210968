/** A selector of one host's series, with further matchers. */
export type HostSelector = (more?: string) => string;

/** Labels that name a host, whether Prometheus scrapes it or an agent sends it. */
const host = "job, instance, agent, host";

/** What is measured of a host, as PromQL. */
export interface HostSeries {
  /** Per cent of the CPU time of all cores that the modes take. @param modes matcher of the label `mode` */
  readonly cpuShare: (modes: string) => string;
  /** Per cent of the CPU time that programs use. */
  readonly busyPercent: string;
  /** Per cent of the CPU time that the hypervisor gives to others. */
  readonly stolenPercent: string;
  /** Per cent of the memory that the kernel cannot free. */
  readonly memoryPercent: string;
  /** Per cent of the swap; nothing where there is none. */
  readonly swapPercent: string;
  /** Bytes that a disk has left. */
  readonly diskLeft: string;
  /** Bytes that a disk loses a second, as the trend of a time such as `6h`; below 0 where it is emptied. */
  readonly diskFilling: (range: string) => string;
  /** Per cent of a disk. */
  readonly diskPercent: string;
  /** Whether a disk can be written to, as 0 or nothing. */
  readonly diskWritable: string;
  /** Per cent of a file system's inodes. */
  readonly inodesPercent: string;
  /** Seconds that the clock is off. */
  readonly clockSkew: string;
  /** Seconds since the host was started. */
  readonly uptime: string;
}

/** @param window of rates, e.g. `2m` */
export function hostSeries(of: HostSelector, window: string): HostSeries {
  // A read-only file system is full by nature, and so is an image; others live in memory.
  const disk = of('fstype!~"tmpfs|ramfs|squashfs|iso9660|overlay|nsfs"');
  const [avail, free, size] = ["avail", "free", "size"].map(
    (what) => `node_filesystem_${what}_bytes${disk}`,
  ) as [string, string, string];
  // As `df` counts: what only root may use is neither used nor free.
  const used = `(${size} - ${free})`;
  const cpuShare = (modes: string) =>
    `sum by (${host}) (rate(node_cpu_seconds_total${of(modes)}[${window}])) / count by (${host}) (node_cpu_seconds_total${of('mode="idle"')}) * 100`;
  return {
    cpuShare,
    busyPercent: `100 - ${cpuShare('mode=~"idle|iowait|steal"')}`,
    stolenPercent: cpuShare('mode="steal"'),
    memoryPercent: `(1 - node_memory_MemAvailable_bytes${of()} / node_memory_MemTotal_bytes${of()}) * 100`,
    // A host without swap has 0 of 0.
    swapPercent: `(1 - node_memory_SwapFree_bytes${of()} / (node_memory_SwapTotal_bytes${of()} > 0)) * 100`,
    diskLeft: avail,
    diskFilling: (range) => `-deriv(${avail}[${range}])`,
    diskPercent: `${used} / (${used} + ${avail}) * 100`,
    diskWritable: `node_filesystem_readonly${disk} == 0`,
    // Some file systems make inodes as they need them and say 0 of 0.
    inodesPercent: `(1 - node_filesystem_files_free${disk} / (node_filesystem_files${disk} > 0)) * 100`,
    clockSkew: `abs(node_timex_offset_seconds${of()})`,
    uptime: `node_time_seconds${of()} - node_boot_time_seconds${of()}`,
  };
}
