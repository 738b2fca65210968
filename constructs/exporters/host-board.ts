import type { PanelAddress } from "../core/alert";
import type { Board, BoardRow } from "../core/board";
import { overviewBoard, overviewOrder, platformBoard, platformOrder } from "../core/house-boards";
import { above, below, type Panel } from "../core/panel";
import type { HostThresholds } from "../core/thresholds";
import { hostSeries, type HostSelector, type HostSeries } from "./host-series";

/** One host at a time. */
export const systemBoard: Board = {
  uid: "system",
  title: "System",
  description:
    "One host: what its processors, memory, disks and clock do, and how long the disks last.",
  folder: "Hosts",
  variables: [
    {
      name: "instance",
      title: "Host",
      from: 'observatory:expected_target{job="node-exporter"}',
    },
  ],
};

/** A panel of {@link systemBoard}. */
export function onSystemBoard(row: string, panel: string): PanelAddress {
  return { board: systemBoard.uid, row, panel };
}

const window = "$__rate_interval";

const of: HostSelector = (more) =>
  `{job="node-exporter", instance="$instance"${more === undefined ? "" : `, ${more}`}}`;
const ofAny: HostSelector = (more) =>
  `{job="node-exporter", instance=~"$instance"${more === undefined ? "" : `, ${more}`}}`;

const series = hostSeries(of, window);

const aYearInHours = 8760;

/** A disk that cannot be written to is full by nature. */
function diskUsed({ diskPercent, diskWritable }: HostSeries): string {
  return `${diskPercent} and ${diskWritable}`;
}

/** Also of a disk that does not fill: a year at most. */
function hoursLeft({ diskLeft, diskFilling }: HostSeries): string {
  return `clamp_max(${diskLeft} / clamp_min(${diskFilling("6h")}, 1) / 3600, ${String(aYearInHours)})`;
}

/** 0 on a host without swap. */
const swapUsed = `${series.swapPercent} or node_memory_SwapTotal_bytes${of()}`;

/** Limits by what they are about. */
function limitsOf(thresholds: HostThresholds) {
  return {
    cpu: above({ P3: thresholds.cpuPercent }),
    steal: above({ P3: thresholds.stealPercent }),
    memory: above({ P2: thresholds.memoryPercent }),
    swap: above({ P3: thresholds.swapPercent }),
    disk: above({ P3: thresholds.diskPercent, P1: thresholds.diskCriticalPercent }),
    left: below({ P2: thresholds.diskHoursLeft }),
    inodes: above({ P2: thresholds.inodesPercent }),
    skew: above({ P3: thresholds.clockSkewSeconds }),
  };
}

type HostLimits = ReturnType<typeof limitsOf>;

function nowPanels(limits: HostLimits): readonly Panel[] {
  const size = { width: 4, height: 5 } as const;
  return [
    {
      type: "stat",
      key: "cpu",
      title: "Processors",
      description: "CPU time that programs use. Red for minutes: everything here becomes slower.",
      unit: "percent",
      ...size,
      queries: [{ expr: series.busyPercent, legend: "busy" }],
      limits: limits.cpu,
    },
    {
      type: "stat",
      key: "memory",
      title: "Memory",
      description: "Memory that the kernel cannot free. When it is gone, a process is killed.",
      unit: "percent",
      ...size,
      queries: [{ expr: series.memoryPercent, legend: "used" }],
      limits: limits.memory,
    },
    {
      type: "stat",
      key: "swap",
      title: "Swap",
      description: "Swap that is in use; 0 where there is none.",
      unit: "percent",
      ...size,
      queries: [{ expr: swapUsed, legend: "used" }],
      limits: limits.swap,
    },
    {
      type: "stat",
      key: "disk",
      title: "Fullest disk",
      description: "The disk that has the least room. A database on a full disk must be repaired.",
      unit: "percent",
      ...size,
      queries: [{ expr: `max(${diskUsed(series)})`, legend: "used" }],
      limits: limits.disk,
    },
    {
      type: "stat",
      key: "left",
      title: "First disk full in",
      description:
        "At the pace of the last 6 hours; a year at most. Red: what grows must be stopped within this time.",
      unit: "hours",
      ...size,
      queries: [{ expr: `min(${hoursLeft(series)})`, legend: "left" }],
      limits: limits.left,
    },
    {
      type: "stat",
      key: "uptime",
      title: "Runs since",
      description: "Time since the host was started: a small figure explains much of what follows.",
      unit: "seconds",
      ...size,
      queries: [{ expr: series.uptime, legend: "up" }],
    },
  ];
}

function cpuPanels(limits: HostLimits): readonly Panel[] {
  const pressure = (what: string) => ({
    expr: `rate(node_pressure_${what}_waiting_seconds_total${of()}[${window}])`,
    legend: what,
  });
  return [
    {
      type: "timeseries",
      key: "busy",
      title: "Processors in use",
      description: "CPU time of all cores that programs use; waiting for a disk does not count.",
      unit: "percent",
      queries: [{ expr: series.busyPercent, legend: "busy" }],
      limits: limits.cpu,
      min: 0,
      max: 100,
    },
    {
      type: "timeseries",
      key: "modes",
      title: "Processors by mode",
      description:
        "What the time goes to. Much iowait: the disk is the limit; much softirq: the network; much system: very many small calls.",
      unit: "percent",
      queries: [
        {
          expr: `sum by (mode) (rate(node_cpu_seconds_total${of('mode!="idle"')}[${window}])) / on () group_left () count(node_cpu_seconds_total${of('mode="idle"')}) * 100`,
          legend: "{{mode}}",
        },
      ],
      stacked: true,
      min: 0,
    },
    {
      type: "timeseries",
      key: "load",
      title: "Load",
      description:
        "Processes that run, want to run or wait for a disk. Long above the number of cores: work waits.",
      unit: "count",
      queries: [
        { expr: `node_load1${of()}`, legend: "1 minute" },
        { expr: `node_load15${of()}`, legend: "15 minutes" },
        {
          expr: `count(node_cpu_seconds_total${of('mode="idle"')})`,
          legend: "cores",
          limit: true,
        },
      ],
      min: 0,
    },
    {
      type: "timeseries",
      key: "steal",
      title: "Time given to other machines",
      description:
        "CPU time that the hypervisor did not give. On a burstable machine: the credits are gone.",
      unit: "percent",
      width: 12,
      queries: [{ expr: series.stolenPercent, legend: "stolen" }],
      limits: limits.steal,
      min: 0,
    },
    {
      type: "timeseries",
      key: "pressure",
      title: "Programs that wait",
      description:
        "Share of the time in which some program waited for CPU, memory or disk. Says which of them is short.",
      unit: "ratio",
      width: 12,
      queries: [pressure("cpu"), pressure("memory"), pressure("io")],
      min: 0,
    },
  ];
}

function memoryPanels(limits: HostLimits): readonly Panel[] {
  const memory = (what: string) => `node_memory_${what}_bytes${of()}`;
  return [
    {
      type: "timeseries",
      key: "used",
      title: "Memory in use",
      description: "What the kernel cannot free. It climbs for days: some program leaks.",
      unit: "percent",
      width: 6,
      queries: [{ expr: series.memoryPercent, legend: "used" }],
      limits: limits.memory,
      min: 0,
      max: 100,
    },
    {
      type: "timeseries",
      key: "what",
      title: "What holds the memory",
      description:
        "Held by programs; files that the kernel keeps in memory and can drop; and free memory, of which little is normal.",
      unit: "bytes",
      width: 6,
      queries: [
        { expr: `${memory("MemTotal")} - ${memory("MemAvailable")}`, legend: "programs" },
        { expr: `${memory("MemAvailable")} - ${memory("MemFree")}`, legend: "can be dropped" },
        { expr: memory("MemFree"), legend: "free" },
      ],
      stacked: true,
      min: 0,
    },
    {
      type: "timeseries",
      key: "swap",
      title: "Swap in use",
      description: "Little that stays is harmless; much that grows means that memory is missing.",
      unit: "percent",
      width: 6,
      queries: [{ expr: swapUsed, legend: "used" }],
      limits: limits.swap,
      min: 0,
      max: 100,
    },
    {
      type: "timeseries",
      key: "killed",
      title: "Processes killed for memory",
      description: "Each step is a process that the kernel killed, on the host or in a container.",
      unit: "count",
      width: 6,
      queries: [{ expr: `increase(node_vmstat_oom_kill${of()}[${window}])`, legend: "killed" }],
      min: 0,
    },
  ];
}

function diskPanels(limits: HostLimits): readonly Panel[] {
  const bytes = (what: string) => `rate(node_disk_${what}_bytes_total${of()}[${window}])`;
  return [
    {
      type: "timeseries",
      key: "used",
      title: "Disks in use",
      description: "As df counts. A straight climb is growth, a step is a large file.",
      unit: "percent",
      queries: [{ expr: diskUsed(series), legend: "{{mountpoint}}" }],
      limits: limits.disk,
      min: 0,
      max: 100,
    },
    {
      type: "timeseries",
      key: "left",
      title: "Disks full in",
      description:
        "Hours at the pace of the last 6; a year at most, and for a disk that does not fill.",
      unit: "hours",
      queries: [{ expr: hoursLeft(series), legend: "{{mountpoint}}" }],
      limits: limits.left,
      min: 0,
    },
    {
      type: "timeseries",
      key: "inodes",
      title: "Inodes in use",
      description: "Without a free one no file can be made, however much room there is.",
      unit: "percent",
      queries: [{ expr: series.inodesPercent, legend: "{{mountpoint}}" }],
      limits: limits.inodes,
      min: 0,
      max: 100,
    },
    {
      type: "timeseries",
      key: "throughput",
      title: "Read and written",
      description: "Bytes by disk. A cloud disk has a limit: a line that is cut flat has met it.",
      unit: "bytesPerSecond",
      width: 12,
      queries: [
        { expr: bytes("read"), legend: "{{device}} read" },
        { expr: bytes("written"), legend: "{{device}} written" },
      ],
      min: 0,
    },
    {
      type: "timeseries",
      key: "busy",
      title: "Disks at work",
      description: "Share of the time in which a disk had something to do. Near 1: programs wait.",
      unit: "ratio",
      width: 12,
      queries: [
        {
          expr: `rate(node_disk_io_time_seconds_total${of()}[${window}])`,
          legend: "{{device}}",
        },
      ],
      min: 0,
    },
  ];
}

function clockPanels(limits: HostLimits): readonly Panel[] {
  return [
    {
      type: "timeseries",
      key: "offset",
      title: "Clock off by",
      description: "What the kernel has still to close. chrony closes gaps itself and shows none.",
      unit: "seconds",
      width: 12,
      queries: [{ expr: series.clockSkew, legend: "offset" }],
      limits: limits.skew,
      min: 0,
    },
    {
      type: "timeseries",
      key: "error",
      title: "Largest possible error of the clock",
      description:
        "The kernel's own estimate. It climbs without end, to 16 seconds, while nothing sets the clock.",
      unit: "seconds",
      width: 12,
      queries: [{ expr: `node_timex_maxerror_seconds${of()}`, legend: "at most" }],
      min: 0,
    },
  ];
}

function overviewPanels(limits: HostLimits): readonly Panel[] {
  const any = hostSeries(ofAny, window);
  return [
    {
      type: "bars",
      key: "disk",
      title: "Fullest disk",
      description: "By host. Open the board System for which one, and for the hours that are left.",
      unit: "percent",
      queries: [{ expr: `max by (instance) (${diskUsed(any)})`, legend: "{{instance}}" }],
      limits: limits.disk,
      max: 100,
    },
    {
      type: "bars",
      key: "memory",
      title: "Memory in use",
      description: "By host: what the kernel cannot free.",
      unit: "percent",
      queries: [{ expr: any.memoryPercent, legend: "{{instance}}" }],
      limits: limits.memory,
      max: 100,
    },
    {
      type: "bars",
      key: "cpu",
      title: "Processors in use",
      description: "By host: CPU time of all cores that programs use.",
      unit: "percent",
      queries: [{ expr: any.busyPercent, legend: "{{instance}}" }],
      limits: limits.cpu,
      max: 100,
    },
  ];
}

/** What a host adds to the boards: all of System, and its worst figures on the overview. */
export function hostRows(instance: string, thresholds: HostThresholds): readonly BoardRow[] {
  const limits = limitsOf(thresholds);
  const about = { variable: "instance", value: instance };
  const row = (key: string, title: string, order: number, panels: readonly Panel[]): BoardRow => ({
    board: systemBoard,
    key,
    title,
    order,
    panels,
    about,
  });
  return [
    row("now", "Now", 10, nowPanels(limits)),
    row("cpu", "Processors", 20, cpuPanels(limits)),
    row("memory", "Memory", 30, memoryPanels(limits)),
    row("disks", "Disks", 40, diskPanels(limits)),
    row("clock", "Clock", 50, clockPanels(limits)),
    {
      board: overviewBoard,
      key: "hosts",
      title: "Hosts",
      order: overviewOrder.hosts,
      panels: overviewPanels(limits),
      about,
    },
  ];
}

/** How long the disks of the platform's own host last. */
export function platformRoom(instance: string, thresholds: HostThresholds): BoardRow {
  const own: HostSelector = (more) =>
    `{job="node-exporter", instance="${instance}"${more === undefined ? "" : `, ${more}`}}`;
  const measured = hostSeries(own, window);
  const { disk, left, memory } = limitsOf(thresholds);
  return {
    board: platformBoard,
    key: "room",
    title: "Room on the platform's host",
    order: platformOrder.room,
    panels: [
      {
        type: "timeseries",
        key: "left",
        title: "Disks full in",
        description:
          "Hours at the pace of the last 6; a year at most. Retention keeps the platform's own data below what it was given.",
        unit: "hours",
        queries: [{ expr: hoursLeft(measured), legend: "{{mountpoint}}" }],
        limits: left,
        min: 0,
      },
      {
        type: "timeseries",
        key: "disk",
        title: "Disks in use",
        description: "As df counts, by mount point.",
        unit: "percent",
        queries: [{ expr: diskUsed(measured), legend: "{{mountpoint}}" }],
        limits: disk,
        min: 0,
        max: 100,
      },
      {
        type: "timeseries",
        key: "memory",
        title: "Memory in use",
        description: "Of the whole host: what its services and the system hold.",
        unit: "percent",
        queries: [{ expr: measured.memoryPercent, legend: "used" }],
        limits: memory,
        min: 0,
        max: 100,
      },
    ],
  };
}
