import type { Alert, RuleGroup } from "../core/alert";
import { hostFields, whyOf, whyTenMinutes, type HostThresholds } from "../core/thresholds";
import { onSystemBoard } from "./host-board";
import { hostSeries, type HostSelector, type HostSeries } from "./host-series";

const readSizes =
  "What takes the room? `df -h`, then `du -xh --max-depth=2 <mount point> | sort -h | tail -20`; containers and images: `docker system df -v`.";

function diskAlerts(series: HostSeries, thresholds: HostThresholds): readonly Alert[] {
  const { diskLeft: avail, diskPercent: usedPercent, diskWritable: writable } = series;
  const left = (range: string) => `${avail} / (${series.diskFilling(range)} > 0) / 3600`;
  const hours = `${left("6h")} < ${String(thresholds.diskHoursLeft)}`;
  const stillFilling = `${left("20m")} < ${String(thresholds.diskHoursLeft)}`;
  const limit = String(thresholds.diskPercent);
  const criticalLimit = String(thresholds.diskCriticalPercent);
  const shown = "{{ $labels.mountpoint }} ({{ $labels.device }}) of {{ $labels.instance }}";
  const meaning = "A file system of the host holds more than it should.";
  return [
    {
      name: "HostDiskSpace",
      priority: "P1",
      expr: `${usedPercent} > ${criticalLimit} and ${writable}`,
      for: "1m",
      summary: "A disk is nearly full",
      description: `${shown} is {{ $value | printf "%.1f" }} % full, more than ${criticalLimit} %.`,
      graph: usedPercent,
      panel: onSystemBoard("disks", "used"),
      why: whyOf(hostFields.diskCriticalPercent),
      labels: { tier: "critical" },
      runbook: {
        meaning,
        impact:
          "When the last room is gone, whatever writes there stops; a database that runs full while writing may have to be rebuilt.",
        steps: [
          readSizes,
          "Make room at once: `docker image prune -a`, old logs and packages, `journalctl --vacuum-size=200M`. Never delete files of a running database.",
          "Enlarge the disk; on the platform's host `dataVolumeGiB` grows it in place.",
        ],
      },
    },
    {
      name: "HostDiskSpace",
      priority: "P2",
      // Both paces, and for longer than the short one looks back: a large file that was written once is not a trend.
      expr: `${hours} and ${stillFilling} and ${avail} offset 1h and ${writable}`,
      for: "30m",
      summary: "A disk will be full within hours",
      description: `${shown} is full in {{ $value | printf "%.1f" }} hours at the present pace (threshold ${String(thresholds.diskHoursLeft)} h).`,
      graph: left("6h"),
      panel: onSystemBoard("disks", "left"),
      why: whyOf(hostFields.diskHoursLeft),
      labels: { tier: "high" },
      runbook: {
        meaning: "The room of a file system shrinks steadily, over the last 6 hours and still now.",
        impact: "Nothing yet. When the disk is full, whatever writes there stops.",
        steps: [
          readSizes,
          "What grows? Run it again after ten minutes and compare. Often a log that nothing rotates, or a retention that is too long.",
          "Stop the growth, make room, or enlarge the disk.",
        ],
      },
    },
    {
      name: "HostDiskSpace",
      priority: "P3",
      expr: `${usedPercent} > ${limit} and ${writable}`,
      for: "5m",
      summary: "A disk fills up",
      description: `${shown} is {{ $value | printf "%.1f" }} % full, more than ${limit} %.`,
      graph: usedPercent,
      panel: onSystemBoard("disks", "used"),
      why: whyOf(hostFields.diskPercent),
      labels: { tier: "warning" },
      runbook: {
        meaning,
        impact: "Nothing yet.",
        steps: [readSizes, "Clean up, shorten a retention, or plan a larger disk."],
      },
    },
  ];
}

function processorAlerts(
  { busyPercent: busy, stolenPercent: stolen }: HostSeries,
  { cpuPercent, stealPercent }: HostThresholds,
): readonly Alert[] {
  return [
    {
      name: "HostCpuHigh",
      priority: "P3",
      expr: `${busy} > ${String(cpuPercent)}`,
      for: "5m",
      summary: "A host's processors are busy",
      description: `The processors of {{ $labels.instance }} are {{ $value | printf "%.0f" }} % busy, more than ${String(cpuPercent)} %.`,
      graph: busy,
      panel: onSystemBoard("cpu", "busy"),
      why: whyOf(hostFields.cpuPercent),
      runbook: {
        meaning: "Programs of this host use nearly all of its CPU time.",
        impact: "Everything on it becomes slower, and a rush finds no reserve.",
        steps: [
          "Which program? On the host `top -o %CPU`, or `docker stats --no-stream`.",
          "Is it more work than usual, or the same work after a deployment? Compare requests and versions with an hour ago.",
          "Move work away, limit it (`cpus` of a container), or take a larger machine.",
        ],
      },
    },
    {
      name: "HostCpuSteal",
      priority: "P3",
      expr: `${stolen} > ${String(stealPercent)}`,
      for: "10m",
      summary: "A host does not get the CPU time it asks for",
      description: `{{ $value | printf "%.0f" }} % of the CPU time of {{ $labels.instance }} goes to other machines, more than ${String(stealPercent)} %.`,
      graph: stolen,
      panel: onSystemBoard("cpu", "steal"),
      why: whyOf(hostFields.stealPercent),
      runbook: {
        meaning:
          "The hypervisor runs other machines while this one is ready to work. A burstable AWS instance whose CPU credits are gone looks like this too, where its credits are `standard`.",
        impact: "Everything on the host is slow, though it does not look busy.",
        steps: [
          "On AWS, look at CPUCreditBalance: `aws cloudwatch get-metric-statistics --namespace AWS/EC2 --metric-name CPUCreditBalance …`. No exporter of this platform can read it.",
          "No credits left: find what works all the time, set credits to `unlimited`, or take a machine that is not burstable.",
          "Credits are there: stop and start the machine, it then runs on other hardware.",
        ],
      },
    },
  ];
}

function memoryAlerts(
  { memoryPercent: used, swapPercent: swapped }: HostSeries,
  { memoryPercent, swapPercent }: HostThresholds,
): readonly Alert[] {
  return [
    {
      name: "HostMemoryHigh",
      priority: "P2",
      expr: `${used} > ${String(memoryPercent)}`,
      for: "5m",
      summary: "A host's memory is nearly used up",
      description: `{{ $value | printf "%.0f" }} % of the memory of {{ $labels.instance }} is in use, more than ${String(memoryPercent)} %.`,
      graph: used,
      panel: onSystemBoard("memory", "used"),
      why: whyOf(hostFields.memoryPercent),
      runbook: {
        meaning: "Programs hold nearly all memory; what the kernel could free is not counted.",
        impact:
          "The next rush makes the kernel kill a process, often the largest: a database or the chain's client.",
        steps: [
          "Which program? On the host `ps aux --sort=-rss | head`, or `docker stats --no-stream`.",
          "Does it grow without end? Restart it and keep its log; limit it, so that it is the one that is killed.",
          "Was something killed already? `journalctl -k | grep -i 'killed process'`.",
          "Move a service away, or take a larger machine.",
        ],
      },
    },
    {
      name: "HostSwapHigh",
      priority: "P3",
      expr: `${swapped} > ${String(swapPercent)}`,
      for: "15m",
      summary: "A host's swap is nearly used up",
      description: `{{ $value | printf "%.0f" }} % of the swap of {{ $labels.instance }} is in use, more than ${String(swapPercent)} %.`,
      graph: swapped,
      panel: onSystemBoard("memory", "swap"),
      why: whyOf(hostFields.swapPercent),
      runbook: {
        meaning: "The kernel has moved much of what programs hold to the disk.",
        impact:
          "What is needed again comes back slowly; with a full swap the kernel must kill processes.",
        steps: [
          "Is it being used, or only kept? `vmstat 5`: columns `si` and `so` above 0 all the time mean that memory is missing.",
          'Which program? `for f in /proc/[0-9]*/status; do awk \'/^Name|^VmSwap/{printf "%s ", $2}END{print ""}\' $f; done | sort -k2n | tail`.',
          "Only kept: restart that program when it suits. Used: go on as for HostMemoryHigh.",
        ],
      },
    },
  ];
}

function otherAlerts(
  of: HostSelector,
  { inodesPercent: inodes, diskWritable: writable, clockSkew: skew, uptime }: HostSeries,
  { inodesPercent, clockSkewSeconds }: HostThresholds,
): readonly Alert[] {
  return [
    {
      name: "HostInodesHigh",
      priority: "P2",
      expr: `${inodes} > ${String(inodesPercent)} and ${writable}`,
      for: "5m",
      summary: "A file system can soon hold no further file",
      description: `{{ $value | printf "%.0f" }} % of the inodes of {{ $labels.mountpoint }} ({{ $labels.device }}) of {{ $labels.instance }} are in use, more than ${String(inodesPercent)} %.`,
      graph: inodes,
      panel: onSystemBoard("disks", "inodes"),
      why: whyOf(hostFields.inodesPercent),
      runbook: {
        meaning: "The file system has room for data and hardly any for further files.",
        impact:
          "Programs that make files fail with `No space left on device`, though `df -h` shows room.",
        steps: [
          "Where are they? `df -i`, then `du --inodes -x --max-depth=3 <mount point> | sort -n | tail -20`.",
          "Mostly sessions, mail queues, or layers of old images: delete them, `docker system prune`.",
        ],
      },
    },
    {
      name: "HostClockUnsynchronised",
      priority: "P3",
      // The kernel's own estimate grows to 16 s and no further while nothing sets the clock.
      expr: `node_timex_sync_status${of()} == 0 and node_timex_maxerror_seconds${of()} >= 16`,
      for: "10m",
      summary: "Nothing sets a host's clock",
      description: "No time source has set the clock of {{ $labels.instance }} for hours.",
      graph: `node_timex_maxerror_seconds${of()}`,
      panel: onSystemBoard("clock", "error"),
      why: "The kernel's estimate grows by half a millisecond a second: at 16 s nothing has set the clock for nine hours, and a time service asks every hour at least.",
      runbook: {
        meaning:
          "The kernel does not know how far its clock is off: the time service does not run, or reaches no source.",
        impact:
          "The clock drifts. Then logins and certificates fail, samples and lines are refused as too old or too new, and an L2 node disagrees about the time of blocks.",
        steps: [
          "On the host: `timedatectl`, `chronyc sources` or `systemctl status systemd-timesyncd`.",
          "Does the firewall let UDP 123 out? On AWS 169.254.169.123 answers without it.",
        ],
      },
    },
    {
      name: "HostClockSkew",
      priority: "P3",
      expr: `${skew} > ${String(clockSkewSeconds)}`,
      for: "5m",
      summary: "A host's clock is wrong",
      description: `The clock of {{ $labels.instance }} is {{ $value | printf "%.3f" }} s off, more than ${String(clockSkewSeconds)} s.`,
      graph: skew,
      panel: onSystemBoard("clock", "offset"),
      why: whyOf(hostFields.clockSkewSeconds),
      runbook: {
        meaning:
          "The time source and the clock disagree, and the kernel has not closed the gap. chrony closes gaps itself and shows none here.",
        impact:
          "Lines, samples and spans of this host stand at wrong times; a large gap breaks logins and certificates.",
        steps: [
          "On the host: `timedatectl timesync-status` or `ntpq -p` shows offset and source.",
          "Does it grow? Then the source is wrong: choose another. Otherwise let it close, or step the clock while nothing important runs.",
        ],
      },
    },
    {
      name: "HostRestarted",
      priority: "P4",
      expr: `${uptime} < 600`,
      summary: "A host was started",
      description: '{{ $labels.instance }} was started {{ $value | printf "%.0f" }} seconds ago.',
      graph: uptime,
      panel: onSystemBoard("now", "uptime"),
      why: whyTenMinutes,
      runbook: {
        meaning: "The host booted within the last 10 minutes.",
        impact: "None, if it was meant. What ran on it was away for a moment.",
        steps: [
          "Was it meant? `last -x reboot shutdown | head`, and the automatic security updates' log.",
          "If not: `journalctl -b -1 -n 100` shows the last lines before; on AWS look at the instance's status checks.",
        ],
      },
    },
  ];
}

/**
 * Alerts on one host, from the metrics of node exporter or of an agent's module `host`.
 * @param instance label `instance` of its series
 */
export function hostRules(instance: string, thresholds: HostThresholds): RuleGroup {
  const of: HostSelector = (more) =>
    `{job="node-exporter", instance="${instance}"${more === undefined ? "" : `, ${more}`}}`;
  const series = hostSeries(of, "2m");
  return {
    name: `host.${instance}`,
    intervalSeconds: 15,
    rules: [
      ...diskAlerts(series, thresholds),
      ...processorAlerts(series, thresholds),
      ...memoryAlerts(series, thresholds),
      ...otherAlerts(of, series, thresholds),
    ],
  };
}
